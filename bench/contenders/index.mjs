import { buildNative } from '../native.mjs';

/**
 * Contenders by the name that child processes get. Loaded on demand: a process holds
 * one library only. `a→b` is a mixed pair, sender and receiver; each half is a process.
 */
export async function loadContender(id) {
  switch (id) {
    case 'ours':
      return (await import('./ours.mjs')).fast;
    case 'ours-promises':
      return (await import('./ours.mjs')).promises;
    case 'ours-polling':
      return (await import('./ours.mjs')).polling;
    case 'ours-native':
      return (await import('./ours-curve.mjs')).native();
    case 'ours-wasm':
      return (await import('./ours-curve.mjs')).wasm();
    case 'npm':
      return (await import('./npm-zeromq.mjs')).npm;
    case 'net':
      return (await import('./net.mjs')).net;
    case 'libzmq':
      return { name: 'libzmq (C)', version: buildNative() };
    case 'nest-zmq':
      return (await import('./nest.mjs')).zmq;
    case 'nest-zmq-polling':
      return (await import('./nest.mjs')).zmqPolling;
    case 'nest-zmq-acked':
      return (await import('./nest.mjs')).zmqAcked;
    case 'nest-tcp':
      return (await import('./nest.mjs')).tcp;
    case 'nest-grpc':
      return (await import('./nest-grpc.mjs')).grpc;
    case 'nest-nats':
      return (await import('./nest-brokers.mjs')).nats;
    case 'nest-redis':
      return (await import('./nest-brokers.mjs')).redis;
    case 'nest-mqtt':
      return (await import('./nest-brokers.mjs')).mqtt;
    case 'nest-rmq':
      return (await import('./nest-brokers.mjs')).rmq;
    case 'nats':
      return (await import('../brokers/nats.mjs')).nats;
    case 'redis':
      return (await import('../brokers/redis.mjs')).redis;
    case 'mqtt':
      return (await import('../brokers/mqtt.mjs')).mqtt;
    case 'rabbitmq':
      return (await import('../brokers/rabbitmq.mjs')).rabbitmq;
    default:
      throw new Error(`no contender "${id}"`);
  }
}
