import { commonSocketOptions } from './socket.options.js';

it.each([
  [undefined, 100, 2000],
  [{}, 100, 2000],
  [{ initialDelay: 500 }, 500, 2000],
  [{ initialDelay: 5000 }, 5000, 5000],
  [{ maxDelay: 30_000 }, 100, 30_000],
  [{ maxDelay: 50 }, 50, 50],
  [{ initialDelay: 10, maxDelay: 20 }, 10, 20],
])('reconnect %j waits from %i to %i ms', (reconnect, reconnectInterval, reconnectMaxInterval) => {
  expect(commonSocketOptions({ reconnect })).toMatchObject({ reconnectInterval, reconnectMaxInterval });
});

it('busyPoll is that of every socket', () => {
  expect(commonSocketOptions({ busyPoll: 200 }).busyPoll).toBe(200);
  expect(commonSocketOptions({}).busyPoll).toBe(0);
});
