import { CHOICES, type Design, GROUPS, type Preference } from "./types.ts";

const ALL = GROUPS.flatMap((group) => Object.values(CHOICES[group]) as string[]);

const isOf = (group: (typeof GROUPS)[number], name: string): boolean =>
  (Object.values(CHOICES[group]) as string[]).includes(name);

/** Whether something that was answered or stored is a design: neither a proxy's page nor a broken storage may break a page. */
export function isDesign(it: unknown): it is Design {
  const { css_classes: names, css_variables: variables } = (it ?? {}) as Partial<Design>;
  return Array.isArray(names) && names.length === GROUPS.length && typeof variables === "object" && variables !== null;
}

/** The class of each choice, for predict and logs. */
export function chosenClasses(preference: Preference): Record<string, string> {
  return Object.fromEntries(
    GROUPS.flatMap((group) => {
      const choice = preference[group];
      return choice === undefined ? [] : [[group, (CHOICES[group] as Record<string, string>)[choice] as string]];
    }),
  );
}

/** The design with the visitor's choices in the place of its own classes; without a design, the choices alone. */
export function withChoices(design: Design | null, preference: Preference): Design {
  const chosen = chosenClasses(preference);
  return {
    css_classes: GROUPS.flatMap(
      (group) => chosen[group] ?? design?.css_classes.find((name) => isOf(group, name)) ?? [],
    ),
    css_variables: design?.css_variables ?? {},
  };
}

/** Puts a design on the root element, in the place of any other. */
export function apply({ css_classes, css_variables }: Design): void {
  const { classList, style } = document.documentElement;
  classList.remove(...ALL.filter((name) => !css_classes.includes(name)));
  classList.add(...css_classes);
  for (const [name, value] of Object.entries(css_variables)) style.setProperty(name, value);
}

/** Takes a design away again. */
export function unapply({ css_variables }: Design): void {
  const { classList, style } = document.documentElement;
  classList.remove(...ALL);
  for (const name of Object.keys(css_variables)) style.removeProperty(name);
}

/** Whether two designs look the same. */
export function isSame(a: Design | null, b: Design | null): boolean {
  const text = ({ css_classes, css_variables }: Design) =>
    JSON.stringify([css_classes, Object.entries(css_variables).sort()]);
  return a !== null && b !== null && text(a) === text(b);
}

/** Whether the visitor has seen something of the page: a design that changes now is seen to change. */
export function isPainted(): boolean {
  return performance.getEntriesByName("first-contentful-paint").length > 0;
}

/** Tells how long the next frame takes, in milliseconds: the style, layout and paint of what was just applied. */
export function whenShown(tell: (ms: number) => void): void {
  requestAnimationFrame(() => {
    const startMs = performance.now();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      tell(performance.now() - startMs);
    };
    port2.postMessage(0);
  });
}
