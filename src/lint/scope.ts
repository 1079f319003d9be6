import type { Directive } from '../nginx/config/directive.js';

/** Blocks whose settings are those of the block around them unless they have their own. */
const inheriting: ReadonlySet<string> = new Set(['server', 'location', 'if', 'limit_except']);

/** A block of an http configuration in the blocks around it, through which nginx's settings are inherited. */
export class Scope {
  constructor(
    readonly block: Directive,
    readonly parent: Scope | undefined,
  ) {}

  /** The directives of that name in this block itself. */
  named(name: string): readonly Directive[] {
    return (this.block.block ?? []).filter((inner) => inner.name === name);
  }

  /** The blocks inside that inherit from this one. */
  children(): readonly Scope[] {
    return (this.block.block ?? [])
      .filter(({ name, block }) => block !== undefined && inheriting.has(name))
      .map((inner) => new Scope(inner, this));
  }

  /**
   * The directives in force here: those of the nearest block that has any. So nginx inherits single values, and also
   * lists such as `add_header` and `proxy_set_header`, which one line of a deeper block replaces altogether.
   */
  inForce(name: string): readonly Directive[] {
    const own = this.named(name);
    return own.length > 0 ? own : (this.parent?.inForce(name) ?? []);
  }

  /** The first argument of a setting in force here. */
  setting(name: string): string | undefined {
    return this.inForce(name)[0]?.args[0];
  }

  /** This block and those around it, the innermost first. */
  outwards(): readonly Scope[] {
    return [this, ...(this.parent?.outwards() ?? [])];
  }

  /** The nearest block of that name at or around this one. */
  enclosing(name: string): Scope | undefined {
    return this.block.name === name ? this : this.parent?.enclosing(name);
  }
}
