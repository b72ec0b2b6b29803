import type { Product } from "./products.ts";

/** A form that cannot be taken; the message is for whoever filled it in. */
export class FormError extends Error {}

/** Reads the product form. @throws {FormError} */
export async function readProductForm(request: Request): Promise<Pick<Product, "name" | "priceCents">> {
  const form = await readForm(request);
  const name = String(form.get("name") ?? "").trim();
  if (name === "" || name.length > 80) throw new FormError("The name must have 1 to 80 characters");
  const price = String(form.get("price") ?? "").trim();
  const [, whole, cents = ""] = /^(\d{1,5})(?:\.(\d{1,2}))?$/.exec(price) ?? [];
  if (whole === undefined) throw new FormError("The price must be an amount from 0 to 99999.99, such as 4.50");
  return { name, priceCents: Number(whole) * 100 + Number(cents.padEnd(2, "0")) };
}

async function readForm(request: Request): Promise<FormData> {
  try {
    return await request.formData();
  } catch {
    throw new FormError("Send the form's fields name and price, as an HTML form does");
  }
}
