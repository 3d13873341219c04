import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Answer {
  readonly status: number | undefined;
  /** Parsed, if it is JSON. */
  readonly body: unknown;
}

/** One HTTP request on a connection of its own, which is closed with the answer. */
export async function ask(url: string, method: 'GET' | 'POST' = 'GET', data?: unknown): Promise<Answer> {
  const body = data === undefined ? undefined : JSON.stringify(data);
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const sent = request(url, { method, headers, agent: false });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const answer = await text(response);
  return { status: response.statusCode, body: parsed(answer) };
}

function parsed(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    return answer;
  }
}
