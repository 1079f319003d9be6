import { describe, expect, it } from 'vitest';
import { LbbenchError } from '../../../src/model/fault.js';
import { expectedWeights } from '../../../src/run/log/question.js';

function faultsOf(...texts: string[]): readonly string[] {
  try {
    expectedWeights(texts);
    return [];
  } catch (error) {
    if (!(error instanceof LbbenchError)) throw error;
    return error.faults.map(({ path, message }) => `${path}: ${message}`);
  }
}

describe('weights of backends', () => {
  it('are kept by the address as nginx prints it', () => {
    expect(
      expectedWeights(['127.0.0.1:08001=3, [0::1]:80=2', 'unix:/run/a=b, c.sock=1', '10.0.0.1=0.5']),
    ).toEqual([
      { address: '127.0.0.1:8001', weight: 3 },
      { address: '[::1]:80', weight: 2 },
      { address: 'unix:/run/a=b, c.sock', weight: 1 },
      { address: '10.0.0.1:80', weight: 0.5 },
    ]);
  });

  it('are refused all at once, where they are none', () => {
    expect(faultsOf('127.0.0.1:8001', 'localhost\u0007=2', '127.0.0.1:1=-1')).toEqual([
      '--expect: expected ADDRESS=WEIGHT, got "127.0.0.1:8001"',
      '--expect: expected ADDRESS=WEIGHT or NAME=WEIGHT, got "localhost\\u0007=2"',
      '--expect: expected ADDRESS=WEIGHT, got "127.0.0.1:1=-1"',
    ]);
    expect(faultsOf('127.0.0.1:1=1', '127.0.0.1:01=2')).toEqual([
      '--expect: expected each address once, got "127.0.0.1:1" again',
    ]);
    expect(faultsOf('127.0.0.1:1=1,127.0.0.1:01=2')).toEqual([
      '--expect: expected each address once, got "127.0.0.1:1" again',
    ]);
    expect(faultsOf('127.0.0.1:1=0')).toEqual(['--expect: expected a weight above 0, got none']);
  });
});
