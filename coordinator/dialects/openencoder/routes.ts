import type { Context } from 'koa';
import type { Caller } from './accounts/callers.ts';

/** Who may call a route; `admin` may call all, `operator` all but those of `admin`. */
export type Who = 'anybody' | 'guest' | 'operator' | 'admin';

export interface Request {
  readonly ctx: Context;
  /** What the path has for `:id`; empty where it has none. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** Whoever asks; undefined on routes for anybody. */
  readonly caller: Caller | undefined;
}

export interface Answer {
  readonly status: number;
  readonly json: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Route {
  readonly method: Method;
  /** Below `/api`, with a slash first; `:id` is one segment of any text. */
  readonly path: string;
  readonly who: Who;
  handle(request: Request): Promise<Answer>;
}

export function ok(json: unknown): Answer {
  return { status: 200, json };
}

export function created(json: unknown): Answer {
  return { status: 201, json };
}

/** What is there at a path: its methods, and the id in it. */
export interface Match {
  readonly byMethod: ReadonlyMap<Method, Route>;
  readonly id: string;
}

/** Finds routes by path. A fixed segment wins over `:id`. */
export class RouteTable {
  readonly #fixed = new Map<string, Map<Method, Route>>();
  readonly #patterns: { readonly regex: RegExp; readonly byMethod: Map<Method, Route> }[] = [];
  readonly #byPattern = new Map<string, Map<Method, Route>>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#group(route.path).set(route.method, route);
  }

  /** `path` below `/api`, percent-encoding and all; undefined: there is nothing. */
  match(path: string): Match | undefined {
    const fixed = this.#fixed.get(path);
    if (fixed !== undefined) return { byMethod: fixed, id: '' };
    for (const { regex, byMethod } of this.#patterns) {
      const found = regex.exec(path);
      if (found !== null) return { byMethod, id: found[1] ?? '' };
    }
    return undefined;
  }

  #group(path: string): Map<Method, Route> {
    const known = this.#fixed.get(path) ?? this.#byPattern.get(path);
    if (known !== undefined) return known;
    const byMethod = new Map<Method, Route>();
    if (path.includes(':id')) {
      this.#byPattern.set(path, byMethod);
      this.#patterns.push({ regex: new RegExp(`^${path.replace(':id', '([^/]+)')}$`), byMethod });
    } else {
      this.#fixed.set(path, byMethod);
    }
    return byMethod;
  }
}
