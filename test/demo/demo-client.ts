/** What `GET /servers` says of a server, as far as the tests read it. */
export interface ListedServer {
  readonly name: string;
  readonly address: string;
  readonly connectedSince: string;
  readonly inFlight: number;
  readonly answered: number;
  readonly reported?: {
    readonly pid: number;
    readonly handled: { readonly calls: number; readonly events: number; readonly tasks: number };
    readonly players: number;
    readonly lastAnnouncement?: string;
    readonly ratingBonus: number;
    readonly matches: number;
  };
}

export interface Answer {
  readonly status: number;
  // what a test expects of it is the test
  readonly body: Record<string, unknown>;
}

/** A player at the gateway. */
export class DemoClient {
  constructor(readonly url: string) {}

  get(path: string): Promise<Answer> {
    return this.#request('GET', path);
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.#request('POST', path, JSON.stringify(body));
  }

  delete(path: string): Promise<Answer> {
    return this.#request('DELETE', path);
  }

  /** Reads `GET /servers/live` until the list is as wanted. */
  async until(condition: (servers: readonly ListedServer[]) => boolean): Promise<readonly ListedServer[]> {
    const reading = new AbortController();
    const { body } = await fetch(`${this.url}/servers/live`, { signal: reading.signal });
    let pending = '';
    try {
      for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
        const lines = (pending + chunk).split('\n');
        pending = lines.pop()!;
        for (const line of lines.filter((text) => text.startsWith('data: '))) {
          const { servers } = JSON.parse(line.slice('data: '.length)) as { servers: ListedServer[] };
          if (condition(servers)) return servers;
        }
      }
    } finally {
      reading.abort();
    }
    throw new Error('The gateway ended the list of servers');
  }

  /** Until exactly these are there. */
  async untilListed(...names: string[]): Promise<readonly ListedServer[]> {
    return this.until(
      (servers) => servers.length === names.length && servers.every(({ name }) => names.includes(name)),
    );
  }

  async #request(method: string, path: string, body?: string): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
  }
}
