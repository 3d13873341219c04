import type { Server } from 'node:http';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { NextFunction, Request, Response } from 'express';

/**
 * Lets HTTP clients finish, and go: a stopping gateway answers what it has, and keeps no connection open for more.
 * Nest closes only the connections that are idle when it closes the server.
 */
@Injectable()
export class ShutdownService implements OnModuleDestroy {
  #stopping = false;

  constructor(private readonly host: HttpAdapterHost) {}

  readonly middleware = (_request: Request, response: Response, next: NextFunction): void => {
    if (this.#stopping) response.set('Connection', 'close');
    response.once('close', () => {
      if (this.#stopping) (this.host.httpAdapter.getHttpServer() as Server).closeIdleConnections();
    });
    next();
  };

  onModuleDestroy(): void {
    this.#stopping = true;
  }
}
