-- active_warehouses
SELECT dbo.[tWarenLager].[kWarenLager], dbo.[tWarenLager].[cName], dbo.[tWarenLager].[cKuerzel] 
FROM dbo.[tWarenLager] 
WHERE dbo.[tWarenLager].[nAktiv] = :nAktiv_1 ORDER BY dbo.[tWarenLager].[kWarenLager];

-- stock_of
SELECT dbo.[tArtikel].[kArtikel], dbo.[tArtikel].[cArtNr], dbo.[tArtikel].[nPuffer], dbo.[vLagerbestandProLager].[kWarenlager], dbo.[vLagerbestandProLager].[fBestand] 
FROM dbo.[tArtikel] LEFT OUTER JOIN dbo.[vLagerbestandProLager] ON dbo.[vLagerbestandProLager].[kArtikel] = dbo.[tArtikel].[kArtikel] 
WHERE dbo.[tArtikel].[cArtNr] IN (:cArtNr_1_1, :cArtNr_1_2) ORDER BY dbo.[tArtikel].[kArtikel], dbo.[vLagerbestandProLager].[kWarenlager];

-- stock_after
SELECT dbo.[tArtikel].[kArtikel], dbo.[tArtikel].[cArtNr], dbo.[tArtikel].[nPuffer], dbo.[vLagerbestandProLager].[kWarenlager], dbo.[vLagerbestandProLager].[fBestand] 
FROM dbo.[tArtikel] LEFT OUTER JOIN dbo.[vLagerbestandProLager] ON dbo.[vLagerbestandProLager].[kArtikel] = dbo.[tArtikel].[kArtikel] 
WHERE dbo.[tArtikel].[kArtikel] IN (SELECT page.[kArtikel] 
FROM (SELECT TOP 5000 dbo.[tArtikel].[kArtikel] AS [kArtikel] 
FROM dbo.[tArtikel] 
WHERE dbo.[tArtikel].[kArtikel] > :kArtikel_1 ORDER BY dbo.[tArtikel].[kArtikel]) AS page) ORDER BY dbo.[tArtikel].[kArtikel], dbo.[vLagerbestandProLager].[kWarenlager];

-- articles_among
SELECT dbo.[tArtikel].[cArtNr] 
FROM dbo.[tArtikel] 
WHERE dbo.[tArtikel].[cArtNr] IN (:cArtNr_1_1);

-- parcels_of
SELECT [Versand].[lvLieferschein].[cBestellungInetBestellNr], [Versand].[lvLieferschein].[kLieferschein], [Versand].[lvLieferschein].[cLieferscheinNr], [Versand].[lvLieferschein].[dVersendet] AS note_sent, [Versand].[lvLieferscheinpaket].[kInternePaketnummer], [Versand].[lvLieferscheinpaket].[cVersandartName], [Versand].[lvLieferscheinpaket].[cTrackingId], [Versand].[lvLieferscheinpaket].[dVersendet] AS parcel_sent 
FROM [Versand].[lvLieferschein] LEFT OUTER JOIN [Versand].[lvLieferscheinpaket] ON [Versand].[lvLieferscheinpaket].[kLieferschein] = [Versand].[lvLieferschein].[kLieferschein] 
WHERE [Versand].[lvLieferschein].[cBestellungInetBestellNr] IN (:cBestellungInetBestellNr_1_1, :cBestellungInetBestellNr_1_2) ORDER BY [Versand].[lvLieferschein].[kLieferschein], [Versand].[lvLieferscheinpaket].[kInternePaketnummer];

-- shipped_among
SELECT DISTINCT [Versand].[lvLieferschein].[cBestellungInetBestellNr] 
FROM [Versand].[lvLieferschein] 
WHERE [Versand].[lvLieferschein].[cBestellungInetBestellNr] IN (:cBestellungInetBestellNr_1_1);

-- import_order
INSERT INTO dbo.[tXMLBestellImport] ([cText], [nPlattform], [nRechnung]) SELECT :param_1 AS anon_1, :param_2 AS anon_2, :param_3 AS anon_3 
WHERE NOT (EXISTS (SELECT * 
FROM dbo.[tXMLBestellImport] 
WHERE dbo.[tXMLBestellImport].[cText] LIKE :cText_1 ESCAPE '\'));

-- columns_named
SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME IN (:tables_1, :tables_2, :tables_3, :tables_4, :tables_5);

-- may_insert
SELECT HAS_PERMS_BY_NAME(:name, 'OBJECT', :right);

-- may_update
SELECT HAS_PERMS_BY_NAME(:name, 'OBJECT', :right);

