import { readConfig } from './gateway.config.js';

describe("the gateway's settings", () => {
  it('have defaults', async () => {
    expect(await readConfig({})).toEqual({
      host: '127.0.0.1',
      httpPort: 3_000,
      address: { host: '127.0.0.1', port: 5_550 },
      endpoints: {
        calls: 'tcp://127.0.0.1:5550',
        events: 'tcp://127.0.0.1:5551',
        tasks: 'tcp://127.0.0.1:5552',
        reports: 'tcp://127.0.0.1:5553',
      },
    });
  });

  it('find four free ports in a row for port 0', async () => {
    const { address, httpPort } = await readConfig({ PORT: '0', CLUSTER_PORT: '0' });
    expect(address.port).toBeGreaterThanOrEqual(10_000);
    expect(httpPort).toBe(0);
  });

  it.each([
    [{ PORT: '' }, "PORT must be a port, 0 to 65535, not ''"],
    [{ PORT: '0x50' }, "PORT must be a port, 0 to 65535, not '0x50'"],
    [{ PORT: '65536' }, "PORT must be a port, 0 to 65535, not '65536'"],
    [{ CLUSTER_PORT: '65533' }, "CLUSTER_PORT must be a port, 0 to 65532, not '65533'"],
    [{ LISTEN_HOST: '::1' }, "LISTEN_HOST must be a name or an IPv4 address, not '::1'"],
  ])('are refused when they make no sense: %j', async (env, why) => {
    await expect(readConfig(env)).rejects.toThrow(why);
  });
});
