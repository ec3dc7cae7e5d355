/** A CodeMirror view lives outside React: it is made in an element and destroyed with it. */
import { type RefObject, useEffect, useRef } from 'react';

type Destroyed = { destroy(): void };

/** `make` runs again when one of `changes` is another: then the view is a new one. */
export function useElementView<View extends Destroyed>(
  make: (parent: HTMLElement) => View,
  changes: readonly unknown[],
): RefObject<HTMLDivElement | null> {
  const element = useRef<HTMLDivElement>(null);
  const latest = useRef(make);
  latest.current = make;
  useEffect(
    () => {
      const view = latest.current(element.current!);
      return () => view.destroy();
    },
    // biome-ignore lint/correctness/useExhaustiveDependencies: the caller names what a view depends on.
    changes,
  );
  return element;
}
