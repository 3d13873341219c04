import { findProperty, formatProperty, LONGEST_LINE, parseZpl, type Property } from './zpl.js';

/** `name=value` with the children in brackets. */
function show(properties: readonly Property[]): string {
  return properties
    .map(({ name, value, children }) => `${name}=${value}${children.length > 0 ? `[${show(children)}]` : ''}`)
    .join(' ');
}

describe('ZPL', () => {
  it('reads the example of the RFC', () => {
    const text = `#   ZPL configuration file example
context
    iothreads = 1
    verbose = 1      #   Ask for a trace

main
    type = zmq_queue
    frontend
        option
            hwm = 1000
            swap = 25000000
            subscribe = "#2"
        bind = tcp://eth0:5555
    backend
        bind = tcp://eth0:5556
`;
    expect(show(parseZpl(text))).toBe(
      'context=[iothreads=1 verbose=1] main=[type=zmq_queue frontend=[option=[hwm=1000 swap=25000000 subscribe=#2] ' +
        'bind=tcp://eth0:5555] backend=[bind=tcp://eth0:5556]]',
    );
  });

  it.each([
    ['a = "x y"', 'x y'],
    ['a = \'x "y"\'', 'x "y"'],
    ['a="x"', 'x'],
    ['a = x=y', 'x=y'],
    ['a = "x = y" # why', 'x = y'],
    ['a = "=#"', '=#'],
    ['a = x # why', 'x'],
    ['a =', ''],
    ['a = ""', ''],
    ['a # why', ''],
    ['a = "open', '"open'],
    ["a = it's", "it's"],
    ['a = "x"   ', 'x'],
  ])('%s', (text, value) => {
    expect(parseZpl(text)).toEqual([expect.objectContaining({ name: 'a', value, children: [] })]);
  });

  it.each(['\n', '\r\n', '\r'])('ends lines by %j', (end) => {
    expect(show(parseZpl(['a', '    b = 1', '', '# c', 'd = 2', ''].join(end)))).toBe('a=[b=1] d=2');
  });

  it.each([
    ['a\n  b = 1', 'line 2: is indented by 2, not by fours'],
    ['a\n        b = 1', 'line 2: is indented further than a child of the line before'],
    ['    a = 1', 'line 1: is indented further than a child of the line before'],
    ['a = 1\n= 2', 'line 2: does not begin with the name of a property'],
    ['\ta = 1', 'line 1: does not begin with the name of a property'],
    ['a b', 'line 1: has something behind its name that is not "= value"'],
    ['\u0000\u0001\u0002', 'line 1: does not begin with the name of a property'],
    [`a = ${'x'.repeat(LONGEST_LINE)}`, 'line 1: has more than 1024 characters'],
  ])('refuses %j', (text, message) => {
    expect(() => parseZpl(text)).toThrow(message);
  });

  it('finds the first of a name', () => {
    const properties = parseZpl('a = 1\nb = 2\na = 3');
    expect(findProperty(properties, 'a')?.value).toBe('1');
    expect(findProperty(properties, 'c')).toBeUndefined();
  });

  it.each([
    ['name', 'value', '    name = "value"'],
    ['name', '', '    name = ""'],
    ['a/b', 'say "hi"', `    a/b = 'say "hi"'`],
    ['x', "it's #1", `    x = "it's #1"`],
    ['naïve', 'x', undefined],
    ['', 'x', undefined],
    ['/a', 'x', undefined],
    ['a/', 'x', undefined],
    ['a b', 'x', undefined],
    ['a', `both " and '`, undefined],
    ['a', 'two\nlines', undefined],
    ['a', 'x'.repeat(LONGEST_LINE), undefined],
  ])('writes %j = %j', (name, value, line) => {
    expect(formatProperty(1, name, value)).toBe(line);
    if (line !== undefined)
      expect(parseZpl(`s\n${line}`)[0]?.children).toEqual([expect.objectContaining({ name, value })]);
  });

  it('writes text beyond ASCII as UTF-8, as it reads it', () => {
    const line = formatProperty(0, 'city', 'Zürich')!;
    expect(parseZpl(line)).toEqual([expect.objectContaining({ name: 'city', value: 'Zürich' })]);
  });
});
