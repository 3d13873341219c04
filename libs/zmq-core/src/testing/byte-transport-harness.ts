import { parseEndpoint } from '../transport/endpoint.js';
import type { ByteTransport, Dial, Listener, ListenSink, TransportOptions } from '../transport/transport.js';
import { StreamProbe } from './stream-probe.js';
import { Watch } from './watch.js';

export const defaultTransportOptions: TransportOptions = {
  backlog: 100,
  ipv6: false,
  tcpKeepalive: -1,
  tcpKeepaliveIdle: -1,
  tcpAcceptFilters: [],
  socksProxy: undefined,
};

/** A listener that keeps what it accepts. */
export class ProbeListener {
  readonly watch = new Watch();
  readonly accepted: StreamProbe[] = [];
  readonly errors: Error[] = [];
  listener!: Listener;

  static async start(
    transport: ByteTransport,
    address: string,
    options: Partial<TransportOptions> = {},
  ): Promise<ProbeListener> {
    const probe = new ProbeListener();
    probe.listener = await transport.listen(address, { ...defaultTransportOptions, ...options }, probe.#sink);
    return probe;
  }

  /** By `listenSync`. */
  static startSync(transport: ByteTransport, address: string, options: Partial<TransportOptions> = {}): ProbeListener {
    const probe = new ProbeListener();
    probe.listener = transport.listenSync!(address, { ...defaultTransportOptions, ...options }, probe.#sink);
    return probe;
  }

  readonly #sink: ListenSink = {
    accepted: (stream) => {
      this.accepted.push(new StreamProbe(stream));
      this.watch.changed();
    },
    acceptFailed: (error) => {
      this.errors.push(error);
      this.watch.changed();
    },
  };

  get endpoint(): string {
    return this.listener.endpoint;
  }

  /** The endpoint without its scheme, to dial. */
  get address(): string {
    return parseEndpoint(this.endpoint).address;
  }

  async nth(index: number): Promise<StreamProbe> {
    await this.watch.until(() => this.accepted.length > index);
    return this.accepted[index]!;
  }

  close(): void {
    this.listener.close();
    for (const { stream } of this.accepted) stream.destroy();
  }
}

/** A dial that keeps what it brought. */
export class ProbeDial {
  readonly watch = new Watch();
  readonly connected: StreamProbe[] = [];
  readonly failures: NodeJS.ErrnoException[] = [];
  readonly dial: Dial;
  /** Neither callback may come from within `dial()`. */
  readonly calledAtOnce: boolean;

  constructor(transport: ByteTransport, address: string, options: Partial<TransportOptions> = {}) {
    this.dial = transport.dial(
      address,
      { ...defaultTransportOptions, ...options },
      {
        connected: (stream) => {
          this.connected.push(new StreamProbe(stream));
          this.watch.changed();
        },
        failed: (error) => {
          this.failures.push(error);
          this.watch.changed();
        },
      },
    );
    this.calledAtOnce = this.connected.length + this.failures.length > 0;
  }

  async stream(): Promise<StreamProbe> {
    await this.settled();
    if (this.failures[0] !== undefined) throw this.failures[0];
    return this.connected[0]!;
  }

  async failure(): Promise<NodeJS.ErrnoException> {
    await this.settled();
    if (this.failures[0] === undefined) throw new Error('the dial did not fail');
    return this.failures[0];
  }

  settled(): Promise<void> {
    return this.watch.until(() => this.connected.length + this.failures.length > 0);
  }
}
