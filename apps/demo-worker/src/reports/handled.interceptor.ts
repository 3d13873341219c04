import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { finalize, type Observable } from 'rxjs';
import type { Handled } from '../../../demo-contract/messages.js';
import { HandledService } from './handled.service.js';

/** What the handlers of a class count as. */
export const CountedAs = Reflector.createDecorator<keyof Handled>();

/** Counts whatever a handler has finished, well or badly. */
@Injectable()
export class HandledInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly handled: HandledService,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const kind = this.reflector.get(CountedAs, context.getClass());
    return kind ? next.handle().pipe(finalize(() => this.handled.add(kind))) : next.handle();
  }
}
