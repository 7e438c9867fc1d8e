import { type ComponentType, createElement, type ReactNode, useEffect, useState } from "react";

interface OnDemand<P extends object> {
  /** Fetches the code before it is needed. A failure shows when the component does. */
  preload: () => void;
  /** The component, or `fallback` until its code is here. Throws when that cannot be had. */
  Component: (props: P & { readonly fallback: ReactNode }) => ReactNode;
}

/**
 * A component whose code is fetched when it is needed. Unlike React's `lazy`, what was fetched
 * before shows at once: Suspense keeps a fallback on screen for 300 ms even if nothing is awaited
 * any more, which is half of what joining a call takes.
 */
export function onDemand<P extends object>(load: () => Promise<ComponentType<P>>): OnDemand<P> {
  let loaded: ComponentType<P> | undefined;
  let loading: Promise<ComponentType<P>> | undefined;
  const fetchAnew = async (): Promise<ComponentType<P>> => {
    try {
      loaded = await load();
      return loaded;
    } catch (error) {
      loading = undefined;
      throw error;
    }
  };
  const fetched = (): Promise<ComponentType<P>> => (loading ??= fetchAnew());

  function Component({ fallback, ...props }: P & { readonly fallback: ReactNode }): ReactNode {
    const [here, setHere] = useState<ComponentType<P> | undefined>(() => loaded);
    const [failed, setFailed] = useState<{ readonly error: unknown }>();
    useEffect(() => {
      let shown = true;
      fetched().then(
        (component) => shown && setHere(() => component),
        (error: unknown) => shown && setFailed({ error }),
      );
      return () => {
        shown = false;
      };
    }, []);
    if (failed !== undefined) throw failed.error;
    return here === undefined ? fallback : createElement(here, props as unknown as P);
  }

  return { preload: () => void fetched().catch(() => undefined), Component };
}
