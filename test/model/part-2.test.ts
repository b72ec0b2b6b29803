import { it } from "vitest";
import { checkPart } from "./check.ts";

it("what random programs see is what the model allows (part 2 of 2)", { timeout: 0 }, () => checkPart(1, 2));
