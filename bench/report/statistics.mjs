export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The figures of one contender in one case; `undefined` when there are none. */
export function describe(values) {
  if (values === undefined || values.length === 0) return undefined;
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** 1234567 → "1.23M". */
export function short(value) {
  if (value < 0) return `-${short(-value)}`;
  if (value < 0.1) return String(Number(value.toPrecision(2)));
  if (value >= 999_500) return `${(value / 1e6).toFixed(2)}M`;
  if (value >= 9_950) return `${(value / 1e3).toFixed(0)}k`;
  if (value >= 1e3) return `${(value / 1e3).toFixed(1)}k`;
  return value.toFixed(value < 10 ? 2 : 1);
}

/** 1.5 → "1.50×". */
export function times(ratio) {
  return Number.isFinite(ratio) ? `${ratio.toFixed(ratio < 100 ? 2 : 0)}×` : '–';
}
