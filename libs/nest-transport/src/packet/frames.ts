/** A frame as the core takes it: a string is sent as UTF-8. */
export type Frame = Buffer | string;

/** All frames of a message to send. */
export type Frames = Frame[];

/** The empty frame: a delimiter, the name of a control message, or no payload. */
export const EMPTY = Buffer.alloc(0);
