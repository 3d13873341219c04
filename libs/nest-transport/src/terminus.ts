/** `@nest-zmq/transport/terminus`: needs the package `@nestjs/terminus`. */
export { ZmqHealthIndicator, type ZmqPingCheckOptions, type ZmqPoolCheckOptions } from './health/zmq.health.js';
