import { env } from "cloudflare:workers";

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly priceCents: number;
}

/** The back end cannot be reached, or answers with something else than what it was asked for. */
export class OriginError extends Error {}

export async function listProducts(): Promise<readonly Product[]> {
  const response = await askOrigin("/products");
  return (await response.json()) as Product[];
}

/** Undefined when there is no such product. */
export async function findProduct(id: string): Promise<Product | undefined> {
  const response = await askOrigin(`/products/${id}`);
  return response.status === 404 ? undefined : ((await response.json()) as Product);
}

/** Undefined when there is no such product. */
export async function editProduct(
  id: string,
  edit: Pick<Product, "name" | "priceCents">,
): Promise<Product | undefined> {
  const response = await askOrigin(`/products/${id}`, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(edit),
  });
  return response.status === 404 ? undefined : ((await response.json()) as Product);
}

async function askOrigin(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(new URL(path, env.ORIGIN), init);
  } catch (error) {
    throw new OriginError("The shop's back end cannot be reached", { cause: error });
  }
  if (response.ok || response.status === 404) return response;
  throw new OriginError(`The shop's back end answered ${response.status}`);
}
