/** Flag bits of a frame (37/ZMTP "Framing"). Bits 7–3 must be zero; libzmq ignores them, and so do we. */
export const MORE = 1;
export const LONG = 2;
export const COMMAND = 4;

/** A body up to this size has a one-octet length. */
export const SHORT_LIMIT = 255;
export const SHORT_HEADER = 2;
export const LONG_HEADER = 9;
