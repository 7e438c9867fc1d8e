import { useEffect, useState } from "react";

/**
 * Something that must be disposed of, created when the component appears and disposed of when it
 * goes. Undefined during the first render only. `create` is read once.
 */
export function useOwned<T extends { dispose: () => void }>(create: () => T): T | undefined {
  const [first] = useState(() => create);
  const [owned, setOwned] = useState<T>();
  useEffect(() => {
    const created = first();
    // oxlint-disable-next-line react/set-state-in-effect -- acquiring in render would leak what a discarded render created
    setOwned(created);
    return () => created.dispose();
  }, [first]);
  return owned;
}
