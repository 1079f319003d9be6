import { describe, expect, it } from 'vitest';
import { serve } from '../../../src/lab/backend/service.js';

const at = '2025-03-02T13:10:11.000Z';

function ask(method: string, target: string, body = '') {
  return serve({ method, target, body }, 8001, at);
}

describe('the demo service', () => {
  it.each(['/', '/chat', '/completions?user=1', '/any/thing'])('names its port on GET %s', (target) => {
    expect(ask('GET', target)).toEqual({
      status: 200,
      contentType: 'text/plain; charset=utf-8',
      body: 'Response from: 8001',
    });
  });

  it('answers a chat with the message and its upper case', () => {
    const answer = ask('POST', '/chat', '{"message": "Hello, this is a test message"}');
    expect(answer.status).toBe(200);
    expect(answer.contentType).toBe('application/json');
    expect(JSON.parse(answer.body)).toEqual({
      original: 'Hello, this is a test message',
      response: 'Processed by chat API: HELLO, THIS IS A TEST MESSAGE',
      server: 8001,
      timestamp: at,
    });
  });

  it.each(['', '{', 'null', '[]', '{}', '{"message": 3}', '"message"'])(
    'answers 400 to a chat of %j',
    (body) => {
      const answer = ask('POST', '/chat', body);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body)).toEqual({ error: expect.any(String), server: 8001, timestamp: at });
    },
  );

  it.each([
    ['Tell me a story', 'Tell ', 'story'],
    // Code points, not UTF-16 units and not bytes.
    ['今天天气怎么样呢', '今天天气怎', '气怎么样呢'],
    ['😀😁😂🤣😃😄', '😀😁😂🤣😃', '😁😂🤣😃😄'],
    // The last ten of these twelve units are a😁b😂c🤣d.
    ['😀a😁b😂c🤣d', '😀a😁b😂', 'b😂c🤣d'],
    ['abc', 'abc', 'abc'],
    ['', '', ''],
  ])('completes %j from its first and last five characters', (text, first, last) => {
    const answer = ask('POST', '/completions?user=7', text);
    expect(JSON.parse(answer.body)).toEqual({
      completions: [
        { text: `Completion 1: ${first}...`, index: 0 },
        { text: `Completion 2: ${last}...`, index: 1 },
      ],
      server: 8001,
      timestamp: at,
    });
  });

  it.each([
    ['POST', '/'],
    ['PUT', '/chat'],
    ['DELETE', '/completions'],
    ['POST', '/chat/'],
  ])('answers 404 to %s %s', (method, target) => {
    const answer = ask(method, target, '{"message": "hi"}');
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body)).toMatchObject({ server: 8001, timestamp: at });
  });
});
