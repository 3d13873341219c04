import { describeByteTransport } from '../../testing/describe-byte-transport.js';
import { TcpTransport } from './tcp-transport.js';

describeByteTransport('tcp', () => new TcpTransport(), '127.0.0.1:*');
