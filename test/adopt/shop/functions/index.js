const { initializeApp } = require("firebase-admin/app");
const { getFirestore, FieldValue } = require("firebase-admin/firestore");
const { onDocumentCreated } = require("firebase-functions/v2/firestore");
const { onRequest } = require("firebase-functions/v2/https");

initializeApp();

/** Places an order: POST /orders with what is wanted. */
exports.orders = onRequest({ region: "us-central1" }, async (request, response) => {
  const { customer, items } = request.body ?? {};
  if (request.method !== "POST" || typeof customer !== "string" || !Array.isArray(items)) {
    response.status(400).json({ error: "an order names its customer and items" });
    return;
  }
  const order = await getFirestore()
    .collection("orders")
    .add({ customer, items, placed_at: FieldValue.serverTimestamp() });
  response.status(201).json({ order: order.id });
});

/** Every order gets its receipt. */
exports.writeReceipt = onDocumentCreated({ document: "orders/{id}", region: "us-central1" }, async (event) => {
  const { customer, items } = event.data.data();
  const total = items.reduce((sum, { price, count }) => sum + price * count, 0);
  await event.data.ref.collection("receipts").doc("first").set({ customer, total });
});
