"""The part of DHL's Parcel DE Shipping v2 and unified tracking that the connector uses."""
