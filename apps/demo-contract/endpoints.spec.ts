import { clusterEndpoints, DEFAULT_GATEWAY, parseGatewayAddress } from './endpoints.js';

describe("the gateway's address", () => {
  it('gives the four endpoints', () => {
    expect(clusterEndpoints(parseGatewayAddress('10.0.0.1:7000'))).toEqual({
      calls: 'tcp://10.0.0.1:7000',
      events: 'tcp://10.0.0.1:7001',
      tasks: 'tcp://10.0.0.1:7002',
      reports: 'tcp://10.0.0.1:7003',
    });
  });

  it('may be a name', () => {
    expect(parseGatewayAddress(DEFAULT_GATEWAY)).toEqual({ host: '127.0.0.1', port: 5_550 });
    expect(parseGatewayAddress(' gateway.internal:5550 ')).toEqual({ host: 'gateway.internal', port: 5_550 });
  });

  it.each(['', 'gateway', ':5550', 'gateway:', 'gateway:0', 'gateway:65533', 'gateway:99999', 'tcp', '[::1]:5550'])(
    "refuses '%s'",
    (text) => {
      expect(() => parseGatewayAddress(text)).toThrow(/must look like 127\.0\.0\.1:5550/);
    },
  );
});
