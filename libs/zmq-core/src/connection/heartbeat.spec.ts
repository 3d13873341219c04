import { Heartbeat, type HeartbeatOptions } from './heartbeat.js';

function started(options: Partial<HeartbeatOptions>, now = 1000): Heartbeat {
  const heartbeat = new Heartbeat({ intervalMs: 0, timeoutMs: 0, ttlMs: 0, ...options });
  heartbeat.start(now);
  return heartbeat;
}

describe('sending PING', () => {
  it('never, without an interval', () => {
    const heartbeat = started({ timeoutMs: 50 });
    expect(heartbeat.deadline).toBe(Infinity);
    expect(heartbeat.tick(1e12)).toBe('nothing');
  });

  it('at every interval', () => {
    const heartbeat = started({ intervalMs: 50 });
    expect(heartbeat.deadline).toBe(1050);
    expect(heartbeat.tick(1049)).toBe('nothing');
    expect(heartbeat.tick(1050)).toBe('ping');
    expect(heartbeat.deadline).toBe(1100);
    expect(heartbeat.tick(1107)).toBe('ping');
    expect(heartbeat.deadline).toBe(1157);
  });
});

describe('the answer', () => {
  it('is waited for until the timeout', () => {
    const heartbeat = started({ intervalMs: 50, timeoutMs: 30 });
    expect(heartbeat.tick(1050)).toBe('ping');
    expect(heartbeat.deadline).toBe(1080);
    expect(heartbeat.tick(1079)).toBe('nothing');
    expect(heartbeat.tick(1080)).toBe('dead');
  });

  it('is anything that comes', () => {
    const heartbeat = started({ intervalMs: 50, timeoutMs: 30 });
    heartbeat.tick(1050);
    heartbeat.heard(1060);
    expect(heartbeat.deadline).toBe(1100);
    expect(heartbeat.tick(1080)).toBe('nothing');
  });

  it('is owed to the first PING, also when the timeout is longer than the interval', () => {
    const heartbeat = started({ intervalMs: 50, timeoutMs: 120 });
    expect([heartbeat.tick(1050), heartbeat.tick(1100), heartbeat.tick(1150)]).toEqual(['ping', 'ping', 'ping']);
    expect(heartbeat.deadline).toBe(1170);
    expect(heartbeat.tick(1170)).toBe('dead');
  });

  it('is waited for for ever without a timeout', () => {
    const heartbeat = started({ intervalMs: 50 });
    heartbeat.tick(1050);
    expect(heartbeat.tick(1099)).toBe('nothing');
    expect(heartbeat.deadline).toBe(1100);
  });
});

describe("the peer's TTL", () => {
  it('ends the peer that is silent for longer', () => {
    const heartbeat = started({});
    heartbeat.peerPromised(300, 2000);
    expect(heartbeat.deadline).toBe(2300);
    expect(heartbeat.tick(2299)).toBe('nothing');
    expect(heartbeat.tick(2300)).toBe('dead');
  });

  it('begins again with all that comes', () => {
    const heartbeat = started({});
    heartbeat.peerPromised(300, 2000);
    heartbeat.heard(2299);
    expect(heartbeat.deadline).toBe(2599);
  });

  it('follows the last PING that has one', () => {
    const heartbeat = started({});
    heartbeat.peerPromised(300, 2000);
    heartbeat.peerPromised(100, 2000);
    expect(heartbeat.deadline).toBe(2100);
    heartbeat.peerPromised(0, 2000);
    expect(heartbeat.deadline).toBe(2100);
  });

  it('0 says nothing', () => {
    const heartbeat = started({});
    heartbeat.peerPromised(0, 2000);
    heartbeat.heard(2000);
    expect(heartbeat.deadline).toBe(Infinity);
  });
});

describe('while we do not read', () => {
  it('silence means nothing, and afterwards what was left of the time is left', () => {
    const heartbeat = started({ intervalMs: 50, timeoutMs: 30 });
    heartbeat.peerPromised(500, 1040);
    heartbeat.tick(1050);
    heartbeat.suspend(1060);
    expect(heartbeat.deadline).toBe(1100);
    expect(heartbeat.tick(1090)).toBe('nothing');
    heartbeat.resume(11_060);
    // Of the 30 ms for the answer 20 were left, of the TTL's 500 ms 480.
    expect(heartbeat.tick(11_061)).toBe('ping');
    expect(heartbeat.tick(11_079)).toBe('nothing');
    heartbeat.heard(11_079);
    expect(heartbeat.tick(11_080)).toBe('nothing');

    const silent = started({});
    silent.peerPromised(500, 1040);
    silent.suspend(1060);
    silent.resume(11_060);
    expect(silent.deadline).toBe(11_540);
  });

  it('we still show that we live, and ask for no answers until they can be read', () => {
    const heartbeat = started({ intervalMs: 50, timeoutMs: 30 });
    heartbeat.suspend(1000);
    for (let now = 1050; now <= 61_000; now += 50) expect(heartbeat.tick(now)).toBe('sign');
    heartbeat.resume(61_010);
    expect(heartbeat.tick(61_050)).toBe('ping');
    expect(heartbeat.deadline).toBe(61_080);
    expect(heartbeat.tick(61_080)).toBe('dead');
  });

  it('a chunk that still comes does not make the pause count twice', () => {
    const heartbeat = started({});
    heartbeat.peerPromised(300, 1000);
    heartbeat.suspend(1100);
    heartbeat.heard(1150);
    heartbeat.resume(5000);
    expect(heartbeat.deadline).toBe(5300);
  });

  it('suspend and resume are idempotent', () => {
    const heartbeat = started({});
    heartbeat.peerPromised(300, 1000);
    heartbeat.resume(1050);
    heartbeat.suspend(1100);
    heartbeat.suspend(1200);
    heartbeat.resume(1300);
    heartbeat.resume(1400);
    expect(heartbeat.deadline).toBe(1500);
  });
});
