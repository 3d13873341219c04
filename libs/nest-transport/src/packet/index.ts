/** The frames of the wire, and nothing else: no socket, no Nest application. */
export * from './call.packet.js';
export * from './control.packet.js';
export * from './delivery.packet.js';
export * from './envelope.js';
export * from './error.codec.js';
export * from './event.packet.js';
export * from './frames.js';
export * from './metadata.codec.js';
export * from './names.js';
export * from './payload.codec.js';
export * from './reply.packet.js';
export * from './safe-json.js';
export * from './task.packet.js';
