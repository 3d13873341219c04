export { ManualClock } from '@nest-zmq/transport/testing';
