/** What a demo backend was asked, once the body is complete. */
export interface ServiceRequest {
  readonly method: string;
  /** Request target as received. */
  readonly target: string;
  readonly body: string;
}

/** What it answers. */
export interface ServiceAnswer {
  readonly status: number;
  readonly contentType: 'application/json' | 'text/plain; charset=utf-8';
  readonly body: string;
}

/**
 * The demo service: a text naming the server for `GET` and `HEAD`, and a mock LLM behind `POST /chat` (JSON) and
 * `POST /completions` (plain text). Everything else is 404.
 *
 * @param server what the answers call this server: its port, or its address when it has none
 * @param timestamp ISO 8601, repeated in JSON answers
 */
export function serve(request: ServiceRequest, server: number | string, timestamp: string): ServiceAnswer {
  const path = request.target.split('?', 1)[0];
  if (request.method === 'GET' || request.method === 'HEAD') return text(200, `Response from: ${server}`);
  if (request.method === 'POST' && path === '/chat') return chat(request.body, server, timestamp);
  if (request.method === 'POST' && path === '/completions')
    return completions(request.body, server, timestamp);
  return json(404, { error: 'not found', server, timestamp });
}

/** A plain text answer. */
export function text(status: number, body: string): ServiceAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

function json(status: number, value: unknown): ServiceAnswer {
  return { status, contentType: 'application/json', body: JSON.stringify(value) };
}

function chat(body: string, server: number | string, timestamp: string): ServiceAnswer {
  let error = 'expected a JSON object with a string "message"';
  try {
    const original = (JSON.parse(body) as { message?: unknown } | null)?.message;
    if (typeof original === 'string') {
      const response = `Processed by chat API: ${original.toUpperCase()}`;
      return json(200, { original, response, server, timestamp });
    }
  } catch {
    error = 'invalid JSON';
  }
  return json(400, { error, server, timestamp });
}

function completions(body: string, server: number | string, timestamp: string): ServiceAnswer {
  // Characters are code points. Ten UTF-16 units hold at least five of them at either end.
  const first = [...body.slice(0, 10)].slice(0, 5).join('');
  const last = [...body.slice(-10)].slice(-5).join('');
  return json(200, {
    completions: [
      { text: `Completion 1: ${first}...`, index: 0 },
      { text: `Completion 2: ${last}...`, index: 1 },
    ],
    server,
    timestamp,
  });
}
