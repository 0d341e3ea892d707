// Lazy: a part of a page that is fetched when it is first wanted, so that the pages
// come quickly; until then there are bars, and where it cannot be had, the reason and
// another try.
import type { FunctionComponent, JSX } from 'preact';
import { Failed, Skeleton, useLoad } from './loaded.tsx';

/** The component that `load` fetches. Make it once, outside of components. */
export function lazy<Props extends object>(load: () => Promise<FunctionComponent<Props>>): FunctionComponent<Props> {
  return function Lazy(props: Props): JSX.Element {
    // a component is kept inside an object: signals would call a function
    const loaded = useLoad(async () => ({ Part: await load() }));
    if (loaded.error.value !== undefined) return <Failed text={loaded.error.value} again={loaded.again} />;
    if (loaded.value.value === undefined) return <Skeleton />;
    const { Part } = loaded.value.value;
    return <Part {...props} />;
  };
}
