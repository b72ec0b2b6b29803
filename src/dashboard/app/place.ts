import { useEffect, useState } from "preact/hooks";

export const views = ["overview", "entries", "tags", "top", "history", "purge", "explain"] as const;
export type ViewName = (typeof views)[number];

/** Where one is, as the URL's hash says, so that links and the back button work: `#/storefront/entries?tag=a`. */
export interface Place {
  readonly namespace: string;
  readonly view: ViewName;
  readonly query: Readonly<Record<string, string>>;
}

export function hashOf({ namespace, view, query }: Place): string {
  const given = Object.entries(query).filter(([, value]) => value !== "");
  const search = new URLSearchParams(given).toString();
  return `#/${encodeURIComponent(namespace)}/${view}${search === "" ? "" : `?${search}`}`;
}

function placeIn(hash: string): Place {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
  const [namespace = "", view = ""] = path.split("/");
  return {
    namespace: decodeURIComponent(namespace),
    view: views.find((name) => name === view) ?? "overview",
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeIn(location.hash));
  useEffect(() => {
    const moved = () => setPlace(placeIn(location.hash));
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return place;
}

export function goTo(place: Place): void {
  location.hash = hashOf(place);
}
