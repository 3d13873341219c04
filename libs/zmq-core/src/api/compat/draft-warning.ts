/** What loading `zeromq/draft` says, as that of npm does. */
process.emitWarning('ZeroMQ draft features are experimental and could change at any time.');
