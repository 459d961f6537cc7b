/** Paths to routes, through a tree of path segments: the time to match does not depend on how many routes there are. */

export interface Route<T> {
  readonly method: string;
  /** `/payments/v1/sessions/{session_id}` */
  readonly path: string;
  readonly target: T;
}

export type Match<T> =
  | { readonly target: T; readonly params: Readonly<Record<string, string>> }
  /** The path exists, not with this method. */
  | { readonly target?: never; readonly allowed: readonly string[] };

interface Node<T> {
  readonly literal: Map<string, Node<T>>;
  parameter?: { readonly name: string; readonly node: Node<T> };
  readonly methods: Map<string, T>;
}

export class Router<T> {
  readonly #root: Node<T> = newNode();

  constructor(routes: readonly Route<T>[]) {
    for (const route of routes) this.#add(route);
  }

  /** @param path with single slashes; a trailing slash does not matter. Undefined: no such path. */
  match(method: string, path: string): Match<T> | undefined {
    const params: Record<string, string> = {};
    let node = this.#root;
    for (const segment of segments(path)) {
      const next = node.literal.get(segment);
      if (next) {
        node = next;
      } else if (node.parameter) {
        params[node.parameter.name] = decode(segment);
        node = node.parameter.node;
      } else {
        return undefined;
      }
    }
    const target = node.methods.get(method);
    if (target !== undefined) return { target, params };
    return node.methods.size > 0 ? { allowed: [...node.methods.keys()] } : undefined;
  }

  #add({ method, path, target }: Route<T>): void {
    let node = this.#root;
    for (const segment of segments(path)) {
      if (segment.startsWith('{')) {
        node.parameter ??= { name: segment.slice(1, -1), node: newNode() };
        node = node.parameter.node;
      } else {
        const next = node.literal.get(segment) ?? newNode<T>();
        node.literal.set(segment, next);
        node = next;
      }
    }
    node.methods.set(method, target);
  }
}

function newNode<T>(): Node<T> {
  return { literal: new Map(), methods: new Map() };
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** A segment that is not well encoded is taken as it is; no id looks like that, so it ends as an unknown one. */
function decode(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
