/** Numbers to text, for people. Nothing else in lbbench formats a figure. What could not be measured is `n/a`. */
export const notAvailable = 'n/a';

type Figure = number | undefined;

/** `1234567` as `1,234,567`. */
export function formatCount(count: Figure): string {
  return known(count, (value) => grouped(Math.round(value).toFixed(0)));
}

/** Milliseconds as a bare number for a column whose head says ms: three digits or more, `0.25`, `12.3`, `1,234`. */
export function formatMs(ms: Figure): string {
  return known(ms, threeDigits);
}

/** Milliseconds with the unit that reads best: `850 µs`, `12.3 ms`, `1.53 s`, `2 min 5 s`. */
export function formatDuration(ms: Figure): string {
  return known(ms, (value) => {
    if (value === 0) return '0 ms';
    if (value < 0.9995) return `${threeDigits(value * 1000)} µs`;
    if (value < 999.5) return `${threeDigits(value)} ms`;
    if (value < 59_995) return `${threeDigits(value / 1000)} s`;
    const seconds = Math.round(value / 1000);
    return `${grouped(String(Math.floor(seconds / 60)))} min ${seconds % 60} s`;
  });
}

/** Per second, as a bare number: `198`, `3.25`, `12,346`. */
export function formatRate(perSec: Figure): string {
  return known(perSec, threeDigits);
}

/** A ratio as a percentage: `1.20 %`, `22.4 %`, `224 %`. What is above 0 never reads as 0. */
export function formatPercent(ratio: Figure): string {
  return known(ratio, (value) => {
    const percent = value * 100;
    const size = Math.abs(percent);
    if (size === 0) return '0 %';
    if (size < 0.005) return value > 0 ? '< 0.01 %' : '> -0.01 %';
    return `${threeDigits(percent)} %`;
  });
}

/** A ratio as a signed percentage with a real minus sign: `+1.2 %`, `−38.8 %`. */
export function formatDeviation(ratio: Figure): string {
  return known(ratio, (value) => {
    const percent = Math.abs(value * 100);
    if (percent < 0.05) return '0 %';
    return `${value < 0 ? '−' : '+'}${percent < 99.95 ? percent.toFixed(1) : grouped(percent.toFixed(0))} %`;
  });
}

/** A share of a whole, always with one decimal so that columns line up: `61.2 %`. */
export function formatShare(ratio: Figure): string {
  return known(ratio, (value) => `${(value * 100).toFixed(1)} %`);
}

/** Decimal units, as nginx's and ab's readers expect: `512 B`, `1.25 kB`, `3.40 MB`. */
export function formatBytes(bytes: Figure): string {
  return known(bytes, (value) => {
    const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
    let unit = 0;
    let scaled = value;
    while (scaled >= 999.5 && unit < units.length - 1) {
      scaled /= 1000;
      unit++;
    }
    return `${unit === 0 ? scaled.toFixed(0) : threeDigits(scaled)} ${units[unit]}`;
  });
}

/** An index such as Jain's: three decimals. */
export function formatIndex(index: Figure): string {
  return known(index, (value) => value.toFixed(3));
}

/** A probability: `0.704`, `0.0023`, `< 0.0001`. */
export function formatProbability(probability: Figure): string {
  return known(probability, (value) => (value < 0.0001 ? '< 0.0001' : String(Number(value.toPrecision(3)))));
}

/** `1 request`, `2 requests`, `1,000 requests`. */
export function formatQuantity(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

function known(figure: Figure, text: (value: number) => string): string {
  return figure === undefined || !Number.isFinite(figure) ? notAvailable : text(figure);
}

function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.01) return String(Number(value.toPrecision(2)));
  const decimals = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  return grouped(value.toFixed(decimals));
}

function grouped(digits: string): string {
  const [whole = '', fraction] = digits.split('.');
  const separated = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? separated : `${separated}.${fraction}`;
}
