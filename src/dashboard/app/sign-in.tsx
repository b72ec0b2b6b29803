import { useState } from "preact/hooks";
import { Api } from "./api.ts";
import { Field, Problem } from "./parts.tsx";

/** Takes a token that the API accepts. */
export function SignIn({ signedIn }: { signedIn: (token: string) => void }) {
  const [token, setToken] = useState("");
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await new Api(token).namespaces();
      signedIn(token);
    } catch (refusal) {
      setError((refusal as Error).message);
      setBusy(false);
    }
  };
  return (
    <main class="sign-in">
      <h1>Larder</h1>
      <form onSubmit={submit}>
        <Field
          label="Token"
          hint="The coordinator's LARDER_TOKEN, or a token of larder token create with stats:read. It is kept in this tab alone, until that is closed."
        >
          <input
            type="password"
            name="token"
            autocomplete="current-password"
            required
            value={token}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
        </Field>
        <Problem error={error} />
        <button type="submit" class="main" disabled={isBusy}>
          Sign in
        </button>
      </form>
    </main>
  );
}
