/** Above this many children a node finds them by a table of 256 instead of a scan. */
const SCANNED_CHILDREN = 8;

/** Told of each value on the way, from the shortest prefix to the longest. */
export interface PrefixVisitor<V> {
  visit(value: V): void;
}

/**
 * One node: the bytes `path[start … end)` below its parent.
 *
 * `path` is any whole key that leads through the node, not just its own part of
 * it: so splitting and merging nodes copies no bytes, and no node needs a string
 * of its own.
 */
export class RadixNode<V> {
  value: V | undefined = undefined;
  path: string;
  start: number;
  end: number;
  /** `path.charCodeAt(start)`: what the parent tells its children apart by. */
  first: number;
  parent: RadixNode<V> | undefined = undefined;
  readonly children: RadixNode<V>[] = [];
  #table: (RadixNode<V> | undefined)[] | undefined = undefined;

  constructor(path: string, start: number, end: number) {
    this.path = path;
    this.start = start;
    this.end = end;
    this.first = start < end ? path.charCodeAt(start) : -1;
  }

  /** The key of this node. */
  get key(): string {
    return this.path.slice(0, this.end);
  }

  child(byte: number): RadixNode<V> | undefined {
    if (this.#table !== undefined) return this.#table[byte];
    const { children } = this;
    for (let i = 0; i < children.length; i++) if (children[i]!.first === byte) return children[i];
    return undefined;
  }

  add(child: RadixNode<V>): void {
    child.parent = this;
    this.children.push(child);
    if (this.#table !== undefined) this.#table[child.first] = child;
    else if (this.children.length > SCANNED_CHILDREN) {
      this.#table = new Array<RadixNode<V> | undefined>(256).fill(undefined);
      for (const each of this.children) this.#table[each.first] = each;
    }
  }

  /** Puts `next` where `child` was; both begin with the same byte. */
  replace(child: RadixNode<V>, next: RadixNode<V>): void {
    next.parent = this;
    this.children[this.children.indexOf(child)] = next;
    if (this.#table !== undefined) this.#table[next.first] = next;
  }

  remove(child: RadixNode<V>): void {
    const last = this.children.pop()!;
    if (last !== child) this.children[this.children.indexOf(child)] = last;
    if (this.children.length <= SCANNED_CHILDREN / 2) this.#table = undefined;
    else if (this.#table !== undefined) this.#table[child.first] = undefined;
  }
}

/**
 * Byte strings → values, made for the question "which keys are prefixes of this?".
 * A compressed trie: nodes exist only where a key ends or keys part, so there are
 * fewer than two per key whatever the keys' length, and a lookup costs at most one
 * comparison per byte of what is looked up, however many keys there are. Nothing
 * here recurses.
 *
 * Keys are latin1 strings, a character per byte: they cost a header and their
 * bytes, where a small Buffer costs ten times that or pins a pool.
 */
export class RadixTrie<V> {
  readonly root = new RadixNode<V>('', 0, 0);

  /** The node of the key, made if there is none. Give it a value, or `release` it. */
  insert(key: string): RadixNode<V> {
    let node = this.root;
    while (node.end < key.length) {
      const child = node.child(key.charCodeAt(node.end));
      if (child === undefined) {
        const leaf = new RadixNode<V>(key, node.end, key.length);
        node.add(leaf);
        return leaf;
      }
      const end = commonEnd(child, key);
      node = end === child.end ? child : split(node, child, end);
    }
    return node;
  }

  find(key: string): RadixNode<V> | undefined {
    let node: RadixNode<V> | undefined = this.root;
    while (node !== undefined && node.end < key.length) {
      const child: RadixNode<V> | undefined = node.child(key.charCodeAt(node.end));
      node = child !== undefined && commonEnd(child, key) === child.end ? child : undefined;
    }
    return node;
  }

  /** Visits the value of every key that is a prefix of `bytes`. */
  match(bytes: Buffer, visitor: PrefixVisitor<V>): void {
    let node: RadixNode<V> | undefined = this.root;
    while (node !== undefined) {
      if (node.value !== undefined) visitor.visit(node.value);
      node = nextOnPath(node, bytes);
    }
  }

  /** Whether some key is a prefix of `bytes`. */
  hasPrefixOf(bytes: Buffer): boolean {
    let node: RadixNode<V> | undefined = this.root;
    while (node !== undefined) {
      if (node.value !== undefined) return true;
      node = nextOnPath(node, bytes);
    }
    return false;
  }

  /**
   * Forgets a node that has no value any more. The nodes that have one keep their
   * identity. Afterwards no node refers to the text of the key that is gone: a
   * long key must not live on for the sake of a short prefix.
   */
  release(node: RadixNode<V>): void {
    let lowest: RadixNode<V> = node;
    if (node !== this.root && node.children.length === 0) {
      lowest = node.parent!;
      lowest.remove(node);
    }
    if (lowest !== this.root && lowest.value === undefined && lowest.children.length === 1) {
      lowest = joinWithOnlyChild(lowest);
    }
    for (let each = lowest; each !== this.root; each = each.parent!) rehome(each);
  }
}

/** The child whose whole part matches, if any. */
function nextOnPath<V>(node: RadixNode<V>, bytes: Buffer): RadixNode<V> | undefined {
  const from = node.end;
  if (from >= bytes.length) return undefined;
  const child = node.child(bytes[from]!);
  if (child === undefined) return undefined;
  const { end, path } = child;
  if (end > bytes.length) return undefined;
  for (let i = from + 1; i < end; i++) if (path.charCodeAt(i) !== bytes[i]) return undefined;
  return child;
}

/** Where the node's part and the key part, at the latest at the end of either. The first byte is known to match. */
function commonEnd<V>(node: RadixNode<V>, key: string): number {
  const { path } = node;
  const end = Math.min(node.end, key.length);
  let i = node.start + 1;
  while (i < end && path.charCodeAt(i) === key.charCodeAt(i)) i++;
  return i;
}

/** Cuts `child` at `end`. The lower part keeps its identity, for others refer to it. */
function split<V>(parent: RadixNode<V>, child: RadixNode<V>, end: number): RadixNode<V> {
  const upper = new RadixNode<V>(child.path, child.start, end);
  parent.replace(child, upper);
  child.start = end;
  child.first = child.path.charCodeAt(end);
  upper.add(child);
  return upper;
}

function joinWithOnlyChild<V>(node: RadixNode<V>): RadixNode<V> {
  const child = node.children[0]!;
  child.start = node.start;
  child.first = node.first;
  node.parent!.replace(node, child);
  return child;
}

/** Below a node whose key is gone all texts are of living keys: take one of theirs, or a copy of the own part. */
function rehome<V>(node: RadixNode<V>): void {
  if (node.children.length > 0) node.path = node.children[0]!.path;
  else if (node.path.length > node.end) node.path = Buffer.from(node.key, 'latin1').toString('latin1');
}
