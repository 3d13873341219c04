/** `node --import ./end-with-parent.mjs file`: a child with an IPC channel ends when the test run that started it is gone, however it went. */
process.once('disconnect', () => process.exit(1));
// Waiting for that does not keep the process alive.
process.channel?.unref();
