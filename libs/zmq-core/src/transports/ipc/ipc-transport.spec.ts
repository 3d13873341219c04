import { describeByteTransport } from '../../testing/describe-byte-transport.js';
import { IpcTransport } from './ipc-transport.js';

describeByteTransport('ipc', () => new IpcTransport(), '*');
