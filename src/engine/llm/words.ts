import { randomUint32 } from '../counter-random.js';

/** 64 short and frequent English words: a token each to the usual tokenizers, with the blank before it. */
const words = (
  'the of and to in is it you that he was for on are with as his they be at one have this from or had by hot but some what ' +
  'there we can out other were all your when up use word how said an each she which do their time if will way about many then ' +
  'them would like so these her'
).split(' ');

const wordBits = 6;
const wordsPerDraw = 5;

/**
 * So many words with a blank between them: a pure function of seed, number and draw. It takes one draw for each five, from
 * `draw` on.
 */
export function drawnWords(count: number, seed: number, index: number, draw: number): string {
  let text = '';
  for (let done = 0, at = draw; done < count; at += 1) {
    let bits = randomUint32(seed, index, at);
    for (let left = Math.min(wordsPerDraw, count - done); left > 0; left -= 1, done += 1) {
      const word = words[bits & (2 ** wordBits - 1)] as string;
      text += done === 0 ? word : ` ${word}`;
      bits >>>= wordBits;
    }
  }
  return text;
}
