import { RevokeTokenSchema, TokenIdSchema } from "../../schema/token.ts";
import { parse } from "../../schema/validate.ts";
import { answer } from "./answer.ts";
import { RevokedTokenAnswer, RevokedTokensAnswer } from "./answers.ts";
import { aboutCoordinator } from "./asks.ts";
import type { Route } from "./route.ts";
import { route } from "./route.ts";

/** What is done with tokens after they were signed, which is nothing of the coordinator's. */
export const tokenRoutes: readonly Route[] = [
  route({
    operationId: "revokeToken",
    method: "POST",
    path: "/v1/tokens/:id/revoke",
    summary: "Makes a token invalid, everywhere within seconds, until it ends by itself",
    scopes: ["admin"],
    asks: aboutCoordinator,
    body: RevokeTokenSchema,
    answer: { status: 200, description: "The token that is revoked", schema: RevokedTokenAnswer },
    handle: async ({ api, caller, params, body }) => {
      const id = parse(TokenIdSchema, params["id"], "id");
      return answer(await api.directory().revokeToken(id, body, caller.by));
    },
  }),
  route({
    operationId: "listRevokedTokens",
    method: "GET",
    path: "/v1/tokens/revoked",
    summary: "The tokens that are revoked",
    scopes: ["admin"],
    asks: aboutCoordinator,
    answer: { status: 200, description: "All of them, the last to be revoked first", schema: RevokedTokensAnswer },
    handle: async ({ api }) => answer(await api.directory().revokedTokens()),
  }),
];
