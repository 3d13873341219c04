import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { NextFunction, Request, Response } from 'express';

/**
 * Lets HTTP clients finish, and go: a stopping gateway answers what it has, and waits for nobody who asks nothing.
 * Node's own `server.close()` waits for connections that are open and have not asked yet, as browsers keep them.
 */
@Injectable()
export class ShutdownService implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  /** Each connection, with the number of requests that it waits for. */
  readonly #connections = new Map<Socket, number>();
  #stopping = false;

  constructor(private readonly host: HttpAdapterHost) {}

  readonly middleware = (request: Request, response: Response, next: NextFunction): void => {
    const { socket } = request;
    this.#count(socket, 1);
    if (this.#stopping) response.set('Connection', 'close');
    response.once('close', () => this.#count(socket, -1));
    next();
  };

  onApplicationBootstrap(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('connection', (socket) => {
      this.#connections.set(socket, 0);
      socket.once('close', () => this.#connections.delete(socket));
    });
  }

  onModuleDestroy(): void {
    this.#stopping = true;
  }

  /** Right after this, Nest closes the server. */
  beforeApplicationShutdown(): void {
    for (const [socket, requests] of this.#connections) if (requests === 0) socket.destroy();
  }

  #count(socket: Socket, change: number): void {
    const requests = this.#connections.get(socket);
    if (requests === undefined) return;
    this.#connections.set(socket, requests + change);
    if (this.#stopping && requests + change === 0) socket.destroySoon();
  }
}
