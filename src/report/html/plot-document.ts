import { type Attributes, element, type MarkupElement } from './markup.js';
import { shortPath } from './path-data.js';
import { rectanglesAsPaths } from './rectangle-paths.js';

const svgNamespace = 'http://www.w3.org/2000/svg';

/** Attributes that hold coordinates; Plot writes them with all their digits. */
const geometry = /^(x|y|x1|x2|y1|y2|width|height|transform|points|r|cx|cy|fill-opacity)$/;

/**
 * As much of a DOM as Observable Plot and d3-selection build an SVG with. A whole DOM would be a dependency larger than
 * this report. Inline styles become attributes of the same name, which SVG has for all of them, and Plot's style sheet
 * is left out (the page's own has its rules): the page's policy allows neither.
 */
export class PlotNode {
  readonly namespaceURI = svgNamespace;
  readonly childNodes: PlotNode[] = [];
  readonly #attributes = new Map<string, string>();
  readonly style = { setProperty: (name: string, value: unknown) => this.setAttribute(name, value) };
  parentNode: PlotNode | null = null;
  #text = '';

  constructor(
    readonly tagName: string,
    readonly ownerDocument: PlotDocument,
  ) {}

  setAttribute(name: string, value: unknown): void {
    const text = String(value);
    this.#attributes.set(name, short(name, text));
  }

  setAttributeNS(_namespace: string, name: string, value: unknown): void {
    this.setAttribute(name, value);
  }

  getAttribute(name: string): string | null {
    return this.#attributes.get(name) ?? null;
  }

  hasAttribute(name: string): boolean {
    return this.#attributes.has(name);
  }

  removeAttribute(name: string): void {
    this.#attributes.delete(name);
  }

  appendChild(child: PlotNode): PlotNode {
    return this.insertBefore(child, null);
  }

  insertBefore(child: PlotNode, before: PlotNode | null): PlotNode {
    const siblings = child.parentNode?.childNodes;
    siblings?.splice(siblings.indexOf(child), 1);
    const at = before === null ? -1 : this.childNodes.indexOf(before);
    this.childNodes.splice(at < 0 ? this.childNodes.length : at, 0, child);
    child.parentNode = this;
    return child;
  }

  get textContent(): string {
    return this.#text + this.childNodes.map(({ textContent }) => textContent).join('');
  }

  set textContent(text: unknown) {
    this.childNodes.length = 0;
    this.#text = String(text);
  }

  /**
   * What was drawn, with the attributes of the root replaced where `root` names them. The names that Plot gives to groups
   * become classes: an image as a whole has the text for assistive technology, and its parts must have none.
   */
  toMarkup(root: Attributes = {}): MarkupElement {
    const children = this.childNodes.filter(({ tagName }) => tagName !== 'style');
    const { 'aria-label': name, 'aria-hidden': _, ...attributes } = Object.fromEntries(this.#attributes);
    return element(
      this.tagName,
      { class: name?.replaceAll(' ', '-'), ...attributes, ...root },
      this.#text === '' ? undefined : this.#text,
      rectanglesAsPaths(children.map((child) => child.toMarkup())),
    );
  }
}

/** The document that Plot is given in place of a browser's. */
export class PlotDocument {
  readonly documentElement = new PlotNode('html', this);

  createElementNS(_namespace: string, tag: string): PlotNode {
    return new PlotNode(tag, this);
  }

  createElement(tag: string): PlotNode {
    return new PlotNode(tag, this);
  }

  createTextNode(text: string): PlotNode {
    const node = new PlotNode('tspan', this);
    node.textContent = text;
    return node;
  }
}

function short(name: string, text: string): string {
  if (name === 'd') return shortPath(text) ?? rounded(text);
  return geometry.test(name) ? rounded(text) : text;
}

/** Hundredths of a unit are finer than any screen. */
function rounded(text: string): string {
  return text.replace(/-?\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2))));
}
