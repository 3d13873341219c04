import 'reflect-metadata';
import { Controller, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';

// It logs to stdout, which carries what the processes tell each other.
Logger.overrideLogger(['error', 'fatal']);

/** The same application behind every transport: one controller with one handler, under the transport's decorator. */
export function applicationOf(decorate, handler) {
  class BenchController {
    handle(data) {
      return handler(data);
    }
  }
  Controller()(BenchController);
  decorateHandler(BenchController, decorate);
  class BenchModule {}
  Module({ controllers: [BenchController] })(BenchModule);
  return BenchModule;
}

export function decorateHandler(type, decorate) {
  decorate(type.prototype, 'handle', Object.getOwnPropertyDescriptor(type.prototype, 'handle'));
  Payload()(type.prototype, 'handle', 0);
}

/** Gives what `listen()` does. */
export async function serve(module, options) {
  const app = await NestFactory.createMicroservice(module, options);
  return app.listen();
}

export const echo = (data) => data;
