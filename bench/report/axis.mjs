/** Beyond this the smallest bar would be hard to see beside the largest. */
const WIDEST_LINEAR = 50;

/**
 * The axis of a chart for these figures: `at(value)` is its place from 0 to 1, `ticks`
 * are values to mark. It is logarithmic only when a linear one would hide the small.
 */
export function axisFor(figures) {
  const medians = figures.map(({ median }) => median);
  const largest = Math.max(...figures.map(({ max }) => max));
  const smallest = Math.min(...medians);
  if (smallest > 0 && Math.max(...medians) / smallest > WIDEST_LINEAR) return logarithmic(smallest, largest);
  return linear(largest > 0 ? largest : 1);
}

function linear(largest) {
  const rough = largest / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const ticks = Array.from({ length: Math.ceil(largest / step - 1e-9) + 1 }, (_, i) => i * step);
  return { isLogarithmic: false, ticks, at: place((value) => value / ticks.at(-1)) };
}

/** Begins below the smallest figure, so that every bar has some length. */
function logarithmic(smallest, largest) {
  const first = Math.floor(Math.log10(smallest / 1.5));
  const last = Math.log10(largest * 1.05);
  const ticks = Array.from({ length: Math.floor(last) - first + 1 }, (_, i) => 10 ** (first + i));
  return { isLogarithmic: true, ticks, at: place((value) => (Math.log10(value) - first) / (last - first)) };
}

function place(of) {
  return (value) => (value <= 0 ? 0 : Math.min(1, Math.max(0, of(value))));
}
