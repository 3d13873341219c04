import { Observer } from './observer.js';
import { coreOf } from './socket.js';
import { Dealer } from './sockets.js';

describe('an observer that is closed', () => {
  it('leaves nothing with its socket', () => {
    const socket = new Dealer();
    const { onShutdown } = coreOf(socket);
    const before = onShutdown.size;
    const observers = Array.from({ length: 3 }, () => new Observer(coreOf(socket), socket));
    expect(onShutdown.size).toBe(before + 3);
    for (const observer of observers) observer.close();
    expect(onShutdown.size).toBe(before);
    socket.close();
  });
});
