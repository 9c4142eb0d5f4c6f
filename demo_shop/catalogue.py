"""Catalogue search and lookup in UCP's words: one product with one variant per article."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ucp_sdk.models.schemas.shopping.catalog_lookup import LookupRequest, LookupResponse
from ucp_sdk.models.schemas.shopping.catalog_search import SearchRequest, SearchResponse

from demo_shop.answers import LOOKUP, SEARCH, catalogue_metadata, sent
from demo_shop.assortment import Article
from demo_shop.shop import Shop

LARGEST_PAGE = 20

Json = dict[str, Any]


class UnknownCursor(Exception):
    def __init__(self, cursor: str) -> None:
        super().__init__(f"pagination.cursor {cursor!r} was not made by this shop")


@dataclass(frozen=True, slots=True)
class Page:
    articles: Sequence[Article]
    next_cursor: str | None
    total_count: int


def search(shop: Shop, request: SearchRequest) -> Json:
    """Raises UnknownCursor."""
    found = [each for each in shop.assortment.articles if matches(each, shop, request)]
    page = paged(found, request)
    pagination: Json = {
        "has_next_page": page.next_cursor is not None,
        "total_count": page.total_count,
    }
    if page.next_cursor is not None:
        pagination["cursor"] = page.next_cursor
    answer = {
        "ucp": catalogue_metadata(SEARCH),
        "products": [product(shop, each) for each in page.articles],
        "pagination": pagination,
    }
    return sent(SearchResponse.model_validate(answer))


def lookup(shop: Shop, request: LookupRequest) -> Json:
    """By product, variant or GTIN; what is not sold here is left out, as UCP asks."""
    products = []
    for article in shop.assortment.articles:
        inputs = [
            {"id": wanted, "match": "featured" if wanted == product_id(article) else "exact"}
            for wanted in dict.fromkeys(request.ids)
            if wanted in (product_id(article), article.sku, article.gtin)
        ]
        if inputs:
            found = product(shop, article)
            found["variants"][0]["inputs"] = inputs
            products.append(found)
    answer = {"ucp": catalogue_metadata(LOOKUP), "products": products}
    return sent(LookupResponse.model_validate(answer))


def matches(article: Article, shop: Shop, request: SearchRequest) -> bool:
    words = (request.query or "").casefold().split()
    text = f"{article.title} {article.sku} {article.gtin}".casefold()
    if not all(word in text for word in words):
        return False
    filters = request.filters
    if filters is None:
        return True
    if filters.categories is not None and article.category not in filters.categories:
        return False
    if filters.price is None:
        return True
    price = shop.price_minor(article)
    least, most = filters.price.min, filters.price.max
    return (least is None or price >= least) and (most is None or price <= most)


def paged(found: Sequence[Article], request: SearchRequest) -> Page:
    """The cursor is the SKU of the last article shown; opaque to the caller."""
    wanted = request.pagination
    limit = min(LARGEST_PAGE, (wanted.limit if wanted else None) or 10)
    start = 0
    if wanted is not None and wanted.cursor is not None:
        skus = [each.sku for each in found]
        if wanted.cursor not in skus:
            raise UnknownCursor(wanted.cursor)
        start = skus.index(wanted.cursor) + 1
    articles = found[start : start + limit]
    has_next = start + limit < len(found)
    return Page(articles, articles[-1].sku if has_next else None, len(found))


def product_id(article: Article) -> str:
    return f"p-{article.sku}"


def product(shop: Shop, article: Article) -> Json:
    price = {"amount": shop.price_minor(article), "currency": shop.assortment.currency}
    is_left = shop.pieces_left(article) > 0
    rating = {
        "value": article.stars_tenths / 10,
        "scale_min": 1,
        "scale_max": 5,
        "count": article.reviews,
    }
    variant = {
        "id": article.sku,
        "sku": article.sku,
        "title": article.title,
        "description": {"plain": article.title},
        "barcodes": [{"type": "GTIN", "value": article.gtin}],
        "price": price,
        "availability": {
            "available": is_left,
            "status": "in_stock" if is_left else "out_of_stock",
        },
        "rating": rating,
    }
    return {
        "id": product_id(article),
        "title": article.title,
        "description": {"plain": article.title},
        "categories": [{"value": article.category, "taxonomy": "merchant"}],
        "price_range": {"min": price, "max": price},
        "variants": [variant],
        "rating": rating,
    }
