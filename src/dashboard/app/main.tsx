import { render } from "preact";
import { useMemo, useState } from "preact/hooks";
import "uplot/dist/uPlot.min.css";
import "./style.css";
import { Api } from "./api.ts";
import { Shell } from "./shell.tsx";
import { SignIn } from "./sign-in.tsx";

/** For as long as the tab is open, and for this tab alone. */
const KEPT_AS = "larder-token";

function Dashboard() {
  const [token, setToken] = useState(() => sessionStorage.getItem(KEPT_AS));
  const api = useMemo(() => (token === null ? undefined : new Api(token)), [token]);
  if (api === undefined) {
    return (
      <SignIn
        signedIn={(given) => {
          sessionStorage.setItem(KEPT_AS, given);
          setToken(given);
        }}
      />
    );
  }
  const signOut = () => {
    sessionStorage.removeItem(KEPT_AS);
    setToken(null);
  };
  return <Shell api={api} signOut={signOut} />;
}

const root = document.getElementById("dashboard");
if (root !== null) render(<Dashboard />, root);
