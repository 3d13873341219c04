import { type ArgumentsHost, Catch, HttpException, type RpcExceptionFilter } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';

/** What a caller gets of an `HttpException`: the body that an HTTP client would get, and the status in it. */
export interface ZmqHttpError {
  readonly statusCode: number;
  /** A text, or the list of a `ValidationPipe`. */
  readonly message: unknown;
  /** The exception's class, for example `NotFoundException`. */
  readonly name: string;
  readonly [key: string]: unknown;
}

/**
 * Lets `HttpException`s of message handlers keep their meaning: without it Nest gives the
 * caller "Internal server error" for all that is no `RpcException`. Everything else goes
 * Nest's way.
 *
 * An HTTP controller that passes the error on answers with its status and message, because
 * Nest does so with every error that has `statusCode` and `message`.
 *
 * For microservices only: `microservice.useGlobalFilters(new HttpToRpcExceptionFilter())`, or
 * `@UseFilters(HttpToRpcExceptionFilter)` on a controller of message handlers. In a hybrid
 * application give it to the microservice, not to the HTTP application.
 */
@Catch(HttpException)
export class HttpToRpcExceptionFilter implements RpcExceptionFilter<HttpException> {
  catch(exception: HttpException, _host: ArgumentsHost): Observable<never> {
    return throwError(() => httpErrorOf(exception));
  }
}

function httpErrorOf(exception: HttpException): ZmqHttpError {
  const response = exception.getResponse();
  const body = typeof response === 'string' ? {} : response;
  return { message: exception.message, ...body, name: exception.name, statusCode: exception.getStatus() };
}
