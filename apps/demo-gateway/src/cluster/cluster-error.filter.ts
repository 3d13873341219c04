import { type ArgumentsHost, Catch, HttpStatus } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { ZmqPeerLostError, ZmqTimeoutError, ZmqTransportError } from '@nest-zmq/transport';
import type { Response } from 'express';
import { isRefusal } from '../../../demo-contract/messages.js';

/** A failed call leaves as JSON with a type, and with a status that says what to do about it. */
interface ErrorBody {
  readonly statusCode: number;
  /** For programs: the error's name, or the code of a refusal. */
  readonly error: string;
  readonly message: string;
  readonly code?: string;
  /** The game server that it happened at, if it is known. */
  readonly server?: string;
}

@Catch()
export class ClusterErrorFilter extends BaseExceptionFilter {
  override catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const body = response.headersSent ? undefined : bodyOf(error);
    // all that is not of the cluster is answered as Nest does
    if (!body) super.catch(error, host);
    else response.status(body.statusCode).json(body);
  }
}

function bodyOf(error: unknown): ErrorBody | undefined {
  if (error instanceof ZmqTransportError) {
    const { name, message, code } = error;
    const statusCode = error instanceof ZmqTimeoutError ? HttpStatus.GATEWAY_TIMEOUT : HttpStatus.SERVICE_UNAVAILABLE;
    const server = error instanceof ZmqPeerLostError ? (error.peerName ?? error.address) : undefined;
    return { statusCode, error: name, message, code, ...(server !== undefined && { server }) };
  }
  if (!(error instanceof Error) && isRefusal(error)) {
    return { statusCode: error.status, error: error.code, message: error.message };
  }
  return undefined;
}
