/**
 * The arithmetic of order lines, totals and tax, in minor units. Integers only: every comparison is arranged so that
 * no division and no rounding takes place.
 *
 * Sources: Klarna Payments OpenAPI (line total, line tax), the tax handling page (order tax), observed clients (per-unit rounding).
 */

/** What the arithmetic needs of an order line. Amounts in minor units, `tax_rate` in basis points (2500 = 25 %). */
export interface LineAmounts {
  readonly type?: string | undefined;
  readonly name?: string | undefined;
  readonly quantity: number;
  readonly unit_price: number;
  readonly total_amount: number;
  readonly total_discount_amount?: number | undefined;
  readonly tax_rate?: number | undefined;
  readonly total_tax_amount?: number | undefined;
}

export interface OrderAmounts {
  readonly order_amount: number;
  readonly order_tax_amount?: number | undefined;
  readonly order_lines: readonly LineAmounts[];
  /** Upper-case ISO 3166 alpha-2; decides the style of tax. */
  readonly purchase_country: string;
}

/** A sum that does not hold: what it should be, what it is, and how far off it may be. Minor units. */
export interface SumFault {
  readonly field: 'line.total_amount' | 'line.total_tax_amount' | 'order_amount' | 'order_tax_amount';
  /** Index of the line, for the fields of a line. */
  readonly line?: number;
  readonly expected: number;
  readonly got: number;
  readonly tolerance: number;
}

/** All sums of an order that do not hold, lines first, in their order. */
export function checkSums(order: OrderAmounts): SumFault[] {
  return [...checkLines(order.order_lines), ...checkTotals(order)];
}

/** The sums within each line. */
function checkLines(lines: readonly LineAmounts[]): SumFault[] {
  const faults: SumFault[] = [];
  lines.forEach((line, index) => {
    const total = lineTotalFault(line);
    if (total) faults.push({ ...total, line: index });
    const tax = lineTaxFault(line);
    if (tax) faults.push({ ...tax, line: index });
  });
  return faults;
}

/** `quantity × unit_price − total_discount_amount`. */
export function lineTotal(line: LineAmounts): number {
  return line.quantity * line.unit_price - (line.total_discount_amount ?? 0);
}

/** The sum of the lines' totals. */
export function sumOfLines(lines: readonly LineAmounts[]): number {
  let sum = 0;
  for (const line of lines) sum += line.total_amount;
  return sum;
}

/**
 * Shops that round each unit's price may be off by up to one minor unit a unit, and Klarna lets them. A single unit
 * has nothing to round, so there the total must be exact.
 */
function lineTotalFault(line: LineAmounts): SumFault | undefined {
  const expected = lineTotal(line);
  const tolerance = line.quantity > 1 ? line.quantity : 0;
  if (Math.abs(line.total_amount - expected) <= tolerance) return undefined;
  return { field: 'line.total_amount', expected, got: line.total_amount, tolerance };
}

/**
 * `total_tax_amount` within one minor unit of the tax contained in `total_amount`, total × rate / (10000 + rate).
 * Both sides are multiplied by (10000 + rate): 2·10⁸ × 2·10⁴ stays far below 2⁵³. What was not sent is not checked.
 */
function lineTaxFault(line: LineAmounts): SumFault | undefined {
  if (line.total_tax_amount === undefined || line.tax_rate === undefined) return undefined;
  const divisor = 10_000 + line.tax_rate;
  const off = line.total_tax_amount * divisor - line.total_amount * line.tax_rate;
  if (Math.abs(off) <= divisor) return undefined;
  return {
    field: 'line.total_tax_amount',
    expected: containedTax(line.total_amount, line.tax_rate),
    got: line.total_tax_amount,
    tolerance: 1,
  };
}

/** The tax contained in a gross amount, to the nearest minor unit, halves away from zero. For explanations. */
export function containedTax(gross: number, rate: number): number {
  const exact = (gross * rate) / (10_000 + rate);
  // Adding zero turns -0 into 0.
  return Math.sign(exact) * Math.round(Math.abs(exact)) + 0;
}

function checkTotals(order: OrderAmounts): SumFault[] {
  const faults: SumFault[] = [];
  const sum = sumOfLines(order.order_lines);
  if (order.order_amount !== sum)
    faults.push({ field: 'order_amount', expected: sum, got: order.order_amount, tolerance: 0 });
  const tax = orderTaxFault(order);
  if (tax) faults.push(tax);
  return faults;
}

/**
 * The order's tax is the sum of its lines' tax, give or take one minor unit a line. In the US, tax is a line of its own
 * (`sales_tax`, part of the order's amount) and the order's tax is exactly that.
 */
function orderTaxFault(order: OrderAmounts): SumFault | undefined {
  if (order.order_tax_amount === undefined) return undefined;
  const salesTax = order.purchase_country === 'US' ? order.order_lines.filter((line) => line.type === 'sales_tax') : [];
  let expected = 0;
  for (const line of salesTax) expected += line.total_amount;
  if (salesTax.length === 0) for (const line of order.order_lines) expected += line.total_tax_amount ?? 0;
  const tolerance = salesTax.length > 0 ? 0 : order.order_lines.length;
  if (Math.abs(order.order_tax_amount - expected) <= tolerance) return undefined;
  return { field: 'order_tax_amount', expected, got: order.order_tax_amount, tolerance };
}
