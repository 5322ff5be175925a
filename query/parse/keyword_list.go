package parse

// The keywords of PostgreSQL 16 as pg_get_keywords() lists them, and the
// service's own: ASYNC (reserved, usable as a bare label), AWS and IAM
// (unreserved).

const (
	kwAbort tok = tokKeywordFirst + iota
	kwAbsent
	kwAbsolute
	kwAccess
	kwAction
	kwAdd
	kwAdmin
	kwAfter
	kwAggregate
	kwAll
	kwAlso
	kwAlter
	kwAlways
	kwAnalyse
	kwAnalyze
	kwAnd
	kwAny
	kwArray
	kwAs
	kwAsc
	kwAsensitive
	kwAssertion
	kwAssignment
	kwAsymmetric
	kwAsync
	kwAt
	kwAtomic
	kwAttach
	kwAttribute
	kwAuthorization
	kwAws
	kwBackward
	kwBefore
	kwBegin
	kwBetween
	kwBigint
	kwBinary
	kwBit
	kwBoolean
	kwBoth
	kwBreadth
	kwBy
	kwCache
	kwCall
	kwCalled
	kwCascade
	kwCascaded
	kwCase
	kwCast
	kwCatalog
	kwChain
	kwChar
	kwCharacter
	kwCharacteristics
	kwCheck
	kwCheckpoint
	kwClass
	kwClose
	kwCluster
	kwCoalesce
	kwCollate
	kwCollation
	kwColumn
	kwColumns
	kwComment
	kwComments
	kwCommit
	kwCommitted
	kwCompression
	kwConcurrently
	kwConfiguration
	kwConflict
	kwConnection
	kwConstraint
	kwConstraints
	kwContent
	kwContinue
	kwConversion
	kwCopy
	kwCost
	kwCreate
	kwCross
	kwCsv
	kwCube
	kwCurrent
	kwCurrentCatalog
	kwCurrentDate
	kwCurrentRole
	kwCurrentSchema
	kwCurrentTime
	kwCurrentTimestamp
	kwCurrentUser
	kwCursor
	kwCycle
	kwData
	kwDatabase
	kwDay
	kwDeallocate
	kwDec
	kwDecimal
	kwDeclare
	kwDefault
	kwDefaults
	kwDeferrable
	kwDeferred
	kwDefiner
	kwDelete
	kwDelimiter
	kwDelimiters
	kwDepends
	kwDepth
	kwDesc
	kwDetach
	kwDictionary
	kwDisable
	kwDiscard
	kwDistinct
	kwDo
	kwDocument
	kwDomain
	kwDouble
	kwDrop
	kwEach
	kwElse
	kwEnable
	kwEncoding
	kwEncrypted
	kwEnd
	kwEnum
	kwEscape
	kwEvent
	kwExcept
	kwExclude
	kwExcluding
	kwExclusive
	kwExecute
	kwExists
	kwExplain
	kwExpression
	kwExtension
	kwExternal
	kwExtract
	kwFalse
	kwFamily
	kwFetch
	kwFilter
	kwFinalize
	kwFirst
	kwFloat
	kwFollowing
	kwFor
	kwForce
	kwForeign
	kwFormat
	kwForward
	kwFreeze
	kwFrom
	kwFull
	kwFunction
	kwFunctions
	kwGenerated
	kwGlobal
	kwGrant
	kwGranted
	kwGreatest
	kwGroup
	kwGrouping
	kwGroups
	kwHandler
	kwHaving
	kwHeader
	kwHold
	kwHour
	kwIam
	kwIdentity
	kwIf
	kwIlike
	kwImmediate
	kwImmutable
	kwImplicit
	kwImport
	kwIn
	kwInclude
	kwIncluding
	kwIncrement
	kwIndent
	kwIndex
	kwIndexes
	kwInherit
	kwInherits
	kwInitially
	kwInline
	kwInner
	kwInout
	kwInput
	kwInsensitive
	kwInsert
	kwInstead
	kwInt
	kwInteger
	kwIntersect
	kwInterval
	kwInto
	kwInvoker
	kwIs
	kwIsnull
	kwIsolation
	kwJoin
	kwJson
	kwJsonArray
	kwJsonArrayagg
	kwJsonObject
	kwJsonObjectagg
	kwKey
	kwKeys
	kwLabel
	kwLanguage
	kwLarge
	kwLast
	kwLateral
	kwLeading
	kwLeakproof
	kwLeast
	kwLeft
	kwLevel
	kwLike
	kwLimit
	kwListen
	kwLoad
	kwLocal
	kwLocaltime
	kwLocaltimestamp
	kwLocation
	kwLock
	kwLocked
	kwLogged
	kwMapping
	kwMatch
	kwMatched
	kwMaterialized
	kwMaxvalue
	kwMerge
	kwMethod
	kwMinute
	kwMinvalue
	kwMode
	kwMonth
	kwMove
	kwName
	kwNames
	kwNational
	kwNatural
	kwNchar
	kwNew
	kwNext
	kwNfc
	kwNfd
	kwNfkc
	kwNfkd
	kwNo
	kwNone
	kwNormalize
	kwNormalized
	kwNot
	kwNothing
	kwNotify
	kwNotnull
	kwNowait
	kwNull
	kwNullif
	kwNulls
	kwNumeric
	kwObject
	kwOf
	kwOff
	kwOffset
	kwOids
	kwOld
	kwOn
	kwOnly
	kwOperator
	kwOption
	kwOptions
	kwOr
	kwOrder
	kwOrdinality
	kwOthers
	kwOut
	kwOuter
	kwOver
	kwOverlaps
	kwOverlay
	kwOverriding
	kwOwned
	kwOwner
	kwParallel
	kwParameter
	kwParser
	kwPartial
	kwPartition
	kwPassing
	kwPassword
	kwPlacing
	kwPlans
	kwPolicy
	kwPosition
	kwPreceding
	kwPrecision
	kwPrepare
	kwPrepared
	kwPreserve
	kwPrimary
	kwPrior
	kwPrivileges
	kwProcedural
	kwProcedure
	kwProcedures
	kwProgram
	kwPublication
	kwQuote
	kwRange
	kwRead
	kwReal
	kwReassign
	kwRecheck
	kwRecursive
	kwRef
	kwReferences
	kwReferencing
	kwRefresh
	kwReindex
	kwRelative
	kwRelease
	kwRename
	kwRepeatable
	kwReplace
	kwReplica
	kwReset
	kwRestart
	kwRestrict
	kwReturn
	kwReturning
	kwReturns
	kwRevoke
	kwRight
	kwRole
	kwRollback
	kwRollup
	kwRoutine
	kwRoutines
	kwRow
	kwRows
	kwRule
	kwSavepoint
	kwScalar
	kwSchema
	kwSchemas
	kwScroll
	kwSearch
	kwSecond
	kwSecurity
	kwSelect
	kwSequence
	kwSequences
	kwSerializable
	kwServer
	kwSession
	kwSessionUser
	kwSet
	kwSetof
	kwSets
	kwShare
	kwShow
	kwSimilar
	kwSimple
	kwSkip
	kwSmallint
	kwSnapshot
	kwSome
	kwSql
	kwStable
	kwStandalone
	kwStart
	kwStatement
	kwStatistics
	kwStdin
	kwStdout
	kwStorage
	kwStored
	kwStrict
	kwStrip
	kwSubscription
	kwSubstring
	kwSupport
	kwSymmetric
	kwSysid
	kwSystem
	kwSystemUser
	kwTable
	kwTables
	kwTablesample
	kwTablespace
	kwTemp
	kwTemplate
	kwTemporary
	kwText
	kwThen
	kwTies
	kwTime
	kwTimestamp
	kwTo
	kwTrailing
	kwTransaction
	kwTransform
	kwTreat
	kwTrigger
	kwTrim
	kwTrue
	kwTruncate
	kwTrusted
	kwType
	kwTypes
	kwUescape
	kwUnbounded
	kwUncommitted
	kwUnencrypted
	kwUnion
	kwUnique
	kwUnknown
	kwUnlisten
	kwUnlogged
	kwUntil
	kwUpdate
	kwUser
	kwUsing
	kwVacuum
	kwValid
	kwValidate
	kwValidator
	kwValue
	kwValues
	kwVarchar
	kwVariadic
	kwVarying
	kwVerbose
	kwVersion
	kwView
	kwViews
	kwVolatile
	kwWhen
	kwWhere
	kwWhitespace
	kwWindow
	kwWith
	kwWithin
	kwWithout
	kwWork
	kwWrapper
	kwWrite
	kwXml
	kwXmlattributes
	kwXmlconcat
	kwXmlelement
	kwXmlexists
	kwXmlforest
	kwXmlnamespaces
	kwXmlparse
	kwXmlpi
	kwXmlroot
	kwXmlserialize
	kwXmltable
	kwYear
	kwYes
	kwZone
	tokKeywordEnd
)

var keywords = [tokKeywordEnd - tokKeywordFirst]keyword{
	{"abort", unreservedKeyword, true},
	{"absent", unreservedKeyword, true},
	{"absolute", unreservedKeyword, true},
	{"access", unreservedKeyword, true},
	{"action", unreservedKeyword, true},
	{"add", unreservedKeyword, true},
	{"admin", unreservedKeyword, true},
	{"after", unreservedKeyword, true},
	{"aggregate", unreservedKeyword, true},
	{"all", reservedKeyword, true},
	{"also", unreservedKeyword, true},
	{"alter", unreservedKeyword, true},
	{"always", unreservedKeyword, true},
	{"analyse", reservedKeyword, true},
	{"analyze", reservedKeyword, true},
	{"and", reservedKeyword, true},
	{"any", reservedKeyword, true},
	{"array", reservedKeyword, false},
	{"as", reservedKeyword, false},
	{"asc", reservedKeyword, true},
	{"asensitive", unreservedKeyword, true},
	{"assertion", unreservedKeyword, true},
	{"assignment", unreservedKeyword, true},
	{"asymmetric", reservedKeyword, true},
	{"async", reservedKeyword, true},
	{"at", unreservedKeyword, true},
	{"atomic", unreservedKeyword, true},
	{"attach", unreservedKeyword, true},
	{"attribute", unreservedKeyword, true},
	{"authorization", typeFuncNameKeyword, true},
	{"aws", unreservedKeyword, true},
	{"backward", unreservedKeyword, true},
	{"before", unreservedKeyword, true},
	{"begin", unreservedKeyword, true},
	{"between", columnNameKeyword, true},
	{"bigint", columnNameKeyword, true},
	{"binary", typeFuncNameKeyword, true},
	{"bit", columnNameKeyword, true},
	{"boolean", columnNameKeyword, true},
	{"both", reservedKeyword, true},
	{"breadth", unreservedKeyword, true},
	{"by", unreservedKeyword, true},
	{"cache", unreservedKeyword, true},
	{"call", unreservedKeyword, true},
	{"called", unreservedKeyword, true},
	{"cascade", unreservedKeyword, true},
	{"cascaded", unreservedKeyword, true},
	{"case", reservedKeyword, true},
	{"cast", reservedKeyword, true},
	{"catalog", unreservedKeyword, true},
	{"chain", unreservedKeyword, true},
	{"char", columnNameKeyword, false},
	{"character", columnNameKeyword, false},
	{"characteristics", unreservedKeyword, true},
	{"check", reservedKeyword, true},
	{"checkpoint", unreservedKeyword, true},
	{"class", unreservedKeyword, true},
	{"close", unreservedKeyword, true},
	{"cluster", unreservedKeyword, true},
	{"coalesce", columnNameKeyword, true},
	{"collate", reservedKeyword, true},
	{"collation", typeFuncNameKeyword, true},
	{"column", reservedKeyword, true},
	{"columns", unreservedKeyword, true},
	{"comment", unreservedKeyword, true},
	{"comments", unreservedKeyword, true},
	{"commit", unreservedKeyword, true},
	{"committed", unreservedKeyword, true},
	{"compression", unreservedKeyword, true},
	{"concurrently", typeFuncNameKeyword, true},
	{"configuration", unreservedKeyword, true},
	{"conflict", unreservedKeyword, true},
	{"connection", unreservedKeyword, true},
	{"constraint", reservedKeyword, true},
	{"constraints", unreservedKeyword, true},
	{"content", unreservedKeyword, true},
	{"continue", unreservedKeyword, true},
	{"conversion", unreservedKeyword, true},
	{"copy", unreservedKeyword, true},
	{"cost", unreservedKeyword, true},
	{"create", reservedKeyword, false},
	{"cross", typeFuncNameKeyword, true},
	{"csv", unreservedKeyword, true},
	{"cube", unreservedKeyword, true},
	{"current", unreservedKeyword, true},
	{"current_catalog", reservedKeyword, true},
	{"current_date", reservedKeyword, true},
	{"current_role", reservedKeyword, true},
	{"current_schema", typeFuncNameKeyword, true},
	{"current_time", reservedKeyword, true},
	{"current_timestamp", reservedKeyword, true},
	{"current_user", reservedKeyword, true},
	{"cursor", unreservedKeyword, true},
	{"cycle", unreservedKeyword, true},
	{"data", unreservedKeyword, true},
	{"database", unreservedKeyword, true},
	{"day", unreservedKeyword, false},
	{"deallocate", unreservedKeyword, true},
	{"dec", columnNameKeyword, true},
	{"decimal", columnNameKeyword, true},
	{"declare", unreservedKeyword, true},
	{"default", reservedKeyword, true},
	{"defaults", unreservedKeyword, true},
	{"deferrable", reservedKeyword, true},
	{"deferred", unreservedKeyword, true},
	{"definer", unreservedKeyword, true},
	{"delete", unreservedKeyword, true},
	{"delimiter", unreservedKeyword, true},
	{"delimiters", unreservedKeyword, true},
	{"depends", unreservedKeyword, true},
	{"depth", unreservedKeyword, true},
	{"desc", reservedKeyword, true},
	{"detach", unreservedKeyword, true},
	{"dictionary", unreservedKeyword, true},
	{"disable", unreservedKeyword, true},
	{"discard", unreservedKeyword, true},
	{"distinct", reservedKeyword, true},
	{"do", reservedKeyword, true},
	{"document", unreservedKeyword, true},
	{"domain", unreservedKeyword, true},
	{"double", unreservedKeyword, true},
	{"drop", unreservedKeyword, true},
	{"each", unreservedKeyword, true},
	{"else", reservedKeyword, true},
	{"enable", unreservedKeyword, true},
	{"encoding", unreservedKeyword, true},
	{"encrypted", unreservedKeyword, true},
	{"end", reservedKeyword, true},
	{"enum", unreservedKeyword, true},
	{"escape", unreservedKeyword, true},
	{"event", unreservedKeyword, true},
	{"except", reservedKeyword, false},
	{"exclude", unreservedKeyword, true},
	{"excluding", unreservedKeyword, true},
	{"exclusive", unreservedKeyword, true},
	{"execute", unreservedKeyword, true},
	{"exists", columnNameKeyword, true},
	{"explain", unreservedKeyword, true},
	{"expression", unreservedKeyword, true},
	{"extension", unreservedKeyword, true},
	{"external", unreservedKeyword, true},
	{"extract", columnNameKeyword, true},
	{"false", reservedKeyword, true},
	{"family", unreservedKeyword, true},
	{"fetch", reservedKeyword, false},
	{"filter", unreservedKeyword, false},
	{"finalize", unreservedKeyword, true},
	{"first", unreservedKeyword, true},
	{"float", columnNameKeyword, true},
	{"following", unreservedKeyword, true},
	{"for", reservedKeyword, false},
	{"force", unreservedKeyword, true},
	{"foreign", reservedKeyword, true},
	{"format", unreservedKeyword, true},
	{"forward", unreservedKeyword, true},
	{"freeze", typeFuncNameKeyword, true},
	{"from", reservedKeyword, false},
	{"full", typeFuncNameKeyword, true},
	{"function", unreservedKeyword, true},
	{"functions", unreservedKeyword, true},
	{"generated", unreservedKeyword, true},
	{"global", unreservedKeyword, true},
	{"grant", reservedKeyword, false},
	{"granted", unreservedKeyword, true},
	{"greatest", columnNameKeyword, true},
	{"group", reservedKeyword, false},
	{"grouping", columnNameKeyword, true},
	{"groups", unreservedKeyword, true},
	{"handler", unreservedKeyword, true},
	{"having", reservedKeyword, false},
	{"header", unreservedKeyword, true},
	{"hold", unreservedKeyword, true},
	{"hour", unreservedKeyword, false},
	{"iam", unreservedKeyword, true},
	{"identity", unreservedKeyword, true},
	{"if", unreservedKeyword, true},
	{"ilike", typeFuncNameKeyword, true},
	{"immediate", unreservedKeyword, true},
	{"immutable", unreservedKeyword, true},
	{"implicit", unreservedKeyword, true},
	{"import", unreservedKeyword, true},
	{"in", reservedKeyword, true},
	{"include", unreservedKeyword, true},
	{"including", unreservedKeyword, true},
	{"increment", unreservedKeyword, true},
	{"indent", unreservedKeyword, true},
	{"index", unreservedKeyword, true},
	{"indexes", unreservedKeyword, true},
	{"inherit", unreservedKeyword, true},
	{"inherits", unreservedKeyword, true},
	{"initially", reservedKeyword, true},
	{"inline", unreservedKeyword, true},
	{"inner", typeFuncNameKeyword, true},
	{"inout", columnNameKeyword, true},
	{"input", unreservedKeyword, true},
	{"insensitive", unreservedKeyword, true},
	{"insert", unreservedKeyword, true},
	{"instead", unreservedKeyword, true},
	{"int", columnNameKeyword, true},
	{"integer", columnNameKeyword, true},
	{"intersect", reservedKeyword, false},
	{"interval", columnNameKeyword, true},
	{"into", reservedKeyword, false},
	{"invoker", unreservedKeyword, true},
	{"is", typeFuncNameKeyword, true},
	{"isnull", typeFuncNameKeyword, false},
	{"isolation", unreservedKeyword, true},
	{"join", typeFuncNameKeyword, true},
	{"json", unreservedKeyword, true},
	{"json_array", columnNameKeyword, true},
	{"json_arrayagg", columnNameKeyword, true},
	{"json_object", columnNameKeyword, true},
	{"json_objectagg", columnNameKeyword, true},
	{"key", unreservedKeyword, true},
	{"keys", unreservedKeyword, true},
	{"label", unreservedKeyword, true},
	{"language", unreservedKeyword, true},
	{"large", unreservedKeyword, true},
	{"last", unreservedKeyword, true},
	{"lateral", reservedKeyword, true},
	{"leading", reservedKeyword, true},
	{"leakproof", unreservedKeyword, true},
	{"least", columnNameKeyword, true},
	{"left", typeFuncNameKeyword, true},
	{"level", unreservedKeyword, true},
	{"like", typeFuncNameKeyword, true},
	{"limit", reservedKeyword, false},
	{"listen", unreservedKeyword, true},
	{"load", unreservedKeyword, true},
	{"local", unreservedKeyword, true},
	{"localtime", reservedKeyword, true},
	{"localtimestamp", reservedKeyword, true},
	{"location", unreservedKeyword, true},
	{"lock", unreservedKeyword, true},
	{"locked", unreservedKeyword, true},
	{"logged", unreservedKeyword, true},
	{"mapping", unreservedKeyword, true},
	{"match", unreservedKeyword, true},
	{"matched", unreservedKeyword, true},
	{"materialized", unreservedKeyword, true},
	{"maxvalue", unreservedKeyword, true},
	{"merge", unreservedKeyword, true},
	{"method", unreservedKeyword, true},
	{"minute", unreservedKeyword, false},
	{"minvalue", unreservedKeyword, true},
	{"mode", unreservedKeyword, true},
	{"month", unreservedKeyword, false},
	{"move", unreservedKeyword, true},
	{"name", unreservedKeyword, true},
	{"names", unreservedKeyword, true},
	{"national", columnNameKeyword, true},
	{"natural", typeFuncNameKeyword, true},
	{"nchar", columnNameKeyword, true},
	{"new", unreservedKeyword, true},
	{"next", unreservedKeyword, true},
	{"nfc", unreservedKeyword, true},
	{"nfd", unreservedKeyword, true},
	{"nfkc", unreservedKeyword, true},
	{"nfkd", unreservedKeyword, true},
	{"no", unreservedKeyword, true},
	{"none", columnNameKeyword, true},
	{"normalize", columnNameKeyword, true},
	{"normalized", unreservedKeyword, true},
	{"not", reservedKeyword, true},
	{"nothing", unreservedKeyword, true},
	{"notify", unreservedKeyword, true},
	{"notnull", typeFuncNameKeyword, false},
	{"nowait", unreservedKeyword, true},
	{"null", reservedKeyword, true},
	{"nullif", columnNameKeyword, true},
	{"nulls", unreservedKeyword, true},
	{"numeric", columnNameKeyword, true},
	{"object", unreservedKeyword, true},
	{"of", unreservedKeyword, true},
	{"off", unreservedKeyword, true},
	{"offset", reservedKeyword, false},
	{"oids", unreservedKeyword, true},
	{"old", unreservedKeyword, true},
	{"on", reservedKeyword, false},
	{"only", reservedKeyword, true},
	{"operator", unreservedKeyword, true},
	{"option", unreservedKeyword, true},
	{"options", unreservedKeyword, true},
	{"or", reservedKeyword, true},
	{"order", reservedKeyword, false},
	{"ordinality", unreservedKeyword, true},
	{"others", unreservedKeyword, true},
	{"out", columnNameKeyword, true},
	{"outer", typeFuncNameKeyword, true},
	{"over", unreservedKeyword, false},
	{"overlaps", typeFuncNameKeyword, false},
	{"overlay", columnNameKeyword, true},
	{"overriding", unreservedKeyword, true},
	{"owned", unreservedKeyword, true},
	{"owner", unreservedKeyword, true},
	{"parallel", unreservedKeyword, true},
	{"parameter", unreservedKeyword, true},
	{"parser", unreservedKeyword, true},
	{"partial", unreservedKeyword, true},
	{"partition", unreservedKeyword, true},
	{"passing", unreservedKeyword, true},
	{"password", unreservedKeyword, true},
	{"placing", reservedKeyword, true},
	{"plans", unreservedKeyword, true},
	{"policy", unreservedKeyword, true},
	{"position", columnNameKeyword, true},
	{"preceding", unreservedKeyword, true},
	{"precision", columnNameKeyword, false},
	{"prepare", unreservedKeyword, true},
	{"prepared", unreservedKeyword, true},
	{"preserve", unreservedKeyword, true},
	{"primary", reservedKeyword, true},
	{"prior", unreservedKeyword, true},
	{"privileges", unreservedKeyword, true},
	{"procedural", unreservedKeyword, true},
	{"procedure", unreservedKeyword, true},
	{"procedures", unreservedKeyword, true},
	{"program", unreservedKeyword, true},
	{"publication", unreservedKeyword, true},
	{"quote", unreservedKeyword, true},
	{"range", unreservedKeyword, true},
	{"read", unreservedKeyword, true},
	{"real", columnNameKeyword, true},
	{"reassign", unreservedKeyword, true},
	{"recheck", unreservedKeyword, true},
	{"recursive", unreservedKeyword, true},
	{"ref", unreservedKeyword, true},
	{"references", reservedKeyword, true},
	{"referencing", unreservedKeyword, true},
	{"refresh", unreservedKeyword, true},
	{"reindex", unreservedKeyword, true},
	{"relative", unreservedKeyword, true},
	{"release", unreservedKeyword, true},
	{"rename", unreservedKeyword, true},
	{"repeatable", unreservedKeyword, true},
	{"replace", unreservedKeyword, true},
	{"replica", unreservedKeyword, true},
	{"reset", unreservedKeyword, true},
	{"restart", unreservedKeyword, true},
	{"restrict", unreservedKeyword, true},
	{"return", unreservedKeyword, true},
	{"returning", reservedKeyword, false},
	{"returns", unreservedKeyword, true},
	{"revoke", unreservedKeyword, true},
	{"right", typeFuncNameKeyword, true},
	{"role", unreservedKeyword, true},
	{"rollback", unreservedKeyword, true},
	{"rollup", unreservedKeyword, true},
	{"routine", unreservedKeyword, true},
	{"routines", unreservedKeyword, true},
	{"row", columnNameKeyword, true},
	{"rows", unreservedKeyword, true},
	{"rule", unreservedKeyword, true},
	{"savepoint", unreservedKeyword, true},
	{"scalar", unreservedKeyword, true},
	{"schema", unreservedKeyword, true},
	{"schemas", unreservedKeyword, true},
	{"scroll", unreservedKeyword, true},
	{"search", unreservedKeyword, true},
	{"second", unreservedKeyword, false},
	{"security", unreservedKeyword, true},
	{"select", reservedKeyword, true},
	{"sequence", unreservedKeyword, true},
	{"sequences", unreservedKeyword, true},
	{"serializable", unreservedKeyword, true},
	{"server", unreservedKeyword, true},
	{"session", unreservedKeyword, true},
	{"session_user", reservedKeyword, true},
	{"set", unreservedKeyword, true},
	{"setof", columnNameKeyword, true},
	{"sets", unreservedKeyword, true},
	{"share", unreservedKeyword, true},
	{"show", unreservedKeyword, true},
	{"similar", typeFuncNameKeyword, true},
	{"simple", unreservedKeyword, true},
	{"skip", unreservedKeyword, true},
	{"smallint", columnNameKeyword, true},
	{"snapshot", unreservedKeyword, true},
	{"some", reservedKeyword, true},
	{"sql", unreservedKeyword, true},
	{"stable", unreservedKeyword, true},
	{"standalone", unreservedKeyword, true},
	{"start", unreservedKeyword, true},
	{"statement", unreservedKeyword, true},
	{"statistics", unreservedKeyword, true},
	{"stdin", unreservedKeyword, true},
	{"stdout", unreservedKeyword, true},
	{"storage", unreservedKeyword, true},
	{"stored", unreservedKeyword, true},
	{"strict", unreservedKeyword, true},
	{"strip", unreservedKeyword, true},
	{"subscription", unreservedKeyword, true},
	{"substring", columnNameKeyword, true},
	{"support", unreservedKeyword, true},
	{"symmetric", reservedKeyword, true},
	{"sysid", unreservedKeyword, true},
	{"system", unreservedKeyword, true},
	{"system_user", reservedKeyword, true},
	{"table", reservedKeyword, true},
	{"tables", unreservedKeyword, true},
	{"tablesample", typeFuncNameKeyword, true},
	{"tablespace", unreservedKeyword, true},
	{"temp", unreservedKeyword, true},
	{"template", unreservedKeyword, true},
	{"temporary", unreservedKeyword, true},
	{"text", unreservedKeyword, true},
	{"then", reservedKeyword, true},
	{"ties", unreservedKeyword, true},
	{"time", columnNameKeyword, true},
	{"timestamp", columnNameKeyword, true},
	{"to", reservedKeyword, false},
	{"trailing", reservedKeyword, true},
	{"transaction", unreservedKeyword, true},
	{"transform", unreservedKeyword, true},
	{"treat", columnNameKeyword, true},
	{"trigger", unreservedKeyword, true},
	{"trim", columnNameKeyword, true},
	{"true", reservedKeyword, true},
	{"truncate", unreservedKeyword, true},
	{"trusted", unreservedKeyword, true},
	{"type", unreservedKeyword, true},
	{"types", unreservedKeyword, true},
	{"uescape", unreservedKeyword, true},
	{"unbounded", unreservedKeyword, true},
	{"uncommitted", unreservedKeyword, true},
	{"unencrypted", unreservedKeyword, true},
	{"union", reservedKeyword, false},
	{"unique", reservedKeyword, true},
	{"unknown", unreservedKeyword, true},
	{"unlisten", unreservedKeyword, true},
	{"unlogged", unreservedKeyword, true},
	{"until", unreservedKeyword, true},
	{"update", unreservedKeyword, true},
	{"user", reservedKeyword, true},
	{"using", reservedKeyword, true},
	{"vacuum", unreservedKeyword, true},
	{"valid", unreservedKeyword, true},
	{"validate", unreservedKeyword, true},
	{"validator", unreservedKeyword, true},
	{"value", unreservedKeyword, true},
	{"values", columnNameKeyword, true},
	{"varchar", columnNameKeyword, true},
	{"variadic", reservedKeyword, true},
	{"varying", unreservedKeyword, false},
	{"verbose", typeFuncNameKeyword, true},
	{"version", unreservedKeyword, true},
	{"view", unreservedKeyword, true},
	{"views", unreservedKeyword, true},
	{"volatile", unreservedKeyword, true},
	{"when", reservedKeyword, true},
	{"where", reservedKeyword, false},
	{"whitespace", unreservedKeyword, true},
	{"window", reservedKeyword, false},
	{"with", reservedKeyword, false},
	{"within", unreservedKeyword, false},
	{"without", unreservedKeyword, false},
	{"work", unreservedKeyword, true},
	{"wrapper", unreservedKeyword, true},
	{"write", unreservedKeyword, true},
	{"xml", unreservedKeyword, true},
	{"xmlattributes", columnNameKeyword, true},
	{"xmlconcat", columnNameKeyword, true},
	{"xmlelement", columnNameKeyword, true},
	{"xmlexists", columnNameKeyword, true},
	{"xmlforest", columnNameKeyword, true},
	{"xmlnamespaces", columnNameKeyword, true},
	{"xmlparse", columnNameKeyword, true},
	{"xmlpi", columnNameKeyword, true},
	{"xmlroot", columnNameKeyword, true},
	{"xmlserialize", columnNameKeyword, true},
	{"xmltable", columnNameKeyword, true},
	{"year", unreservedKeyword, false},
	{"yes", unreservedKeyword, true},
	{"zone", unreservedKeyword, true},
}

// lookupKeyword finds the token of a lower-case word, tokIdent if it is none.
// A switch beats a map here: no hashing, no allocation.
func lookupKeyword(word string) tok {
	switch word {
	case "abort":
		return kwAbort
	case "absent":
		return kwAbsent
	case "absolute":
		return kwAbsolute
	case "access":
		return kwAccess
	case "action":
		return kwAction
	case "add":
		return kwAdd
	case "admin":
		return kwAdmin
	case "after":
		return kwAfter
	case "aggregate":
		return kwAggregate
	case "all":
		return kwAll
	case "also":
		return kwAlso
	case "alter":
		return kwAlter
	case "always":
		return kwAlways
	case "analyse":
		return kwAnalyse
	case "analyze":
		return kwAnalyze
	case "and":
		return kwAnd
	case "any":
		return kwAny
	case "array":
		return kwArray
	case "as":
		return kwAs
	case "asc":
		return kwAsc
	case "asensitive":
		return kwAsensitive
	case "assertion":
		return kwAssertion
	case "assignment":
		return kwAssignment
	case "asymmetric":
		return kwAsymmetric
	case "async":
		return kwAsync
	case "at":
		return kwAt
	case "atomic":
		return kwAtomic
	case "attach":
		return kwAttach
	case "attribute":
		return kwAttribute
	case "authorization":
		return kwAuthorization
	case "aws":
		return kwAws
	case "backward":
		return kwBackward
	case "before":
		return kwBefore
	case "begin":
		return kwBegin
	case "between":
		return kwBetween
	case "bigint":
		return kwBigint
	case "binary":
		return kwBinary
	case "bit":
		return kwBit
	case "boolean":
		return kwBoolean
	case "both":
		return kwBoth
	case "breadth":
		return kwBreadth
	case "by":
		return kwBy
	case "cache":
		return kwCache
	case "call":
		return kwCall
	case "called":
		return kwCalled
	case "cascade":
		return kwCascade
	case "cascaded":
		return kwCascaded
	case "case":
		return kwCase
	case "cast":
		return kwCast
	case "catalog":
		return kwCatalog
	case "chain":
		return kwChain
	case "char":
		return kwChar
	case "character":
		return kwCharacter
	case "characteristics":
		return kwCharacteristics
	case "check":
		return kwCheck
	case "checkpoint":
		return kwCheckpoint
	case "class":
		return kwClass
	case "close":
		return kwClose
	case "cluster":
		return kwCluster
	case "coalesce":
		return kwCoalesce
	case "collate":
		return kwCollate
	case "collation":
		return kwCollation
	case "column":
		return kwColumn
	case "columns":
		return kwColumns
	case "comment":
		return kwComment
	case "comments":
		return kwComments
	case "commit":
		return kwCommit
	case "committed":
		return kwCommitted
	case "compression":
		return kwCompression
	case "concurrently":
		return kwConcurrently
	case "configuration":
		return kwConfiguration
	case "conflict":
		return kwConflict
	case "connection":
		return kwConnection
	case "constraint":
		return kwConstraint
	case "constraints":
		return kwConstraints
	case "content":
		return kwContent
	case "continue":
		return kwContinue
	case "conversion":
		return kwConversion
	case "copy":
		return kwCopy
	case "cost":
		return kwCost
	case "create":
		return kwCreate
	case "cross":
		return kwCross
	case "csv":
		return kwCsv
	case "cube":
		return kwCube
	case "current":
		return kwCurrent
	case "current_catalog":
		return kwCurrentCatalog
	case "current_date":
		return kwCurrentDate
	case "current_role":
		return kwCurrentRole
	case "current_schema":
		return kwCurrentSchema
	case "current_time":
		return kwCurrentTime
	case "current_timestamp":
		return kwCurrentTimestamp
	case "current_user":
		return kwCurrentUser
	case "cursor":
		return kwCursor
	case "cycle":
		return kwCycle
	case "data":
		return kwData
	case "database":
		return kwDatabase
	case "day":
		return kwDay
	case "deallocate":
		return kwDeallocate
	case "dec":
		return kwDec
	case "decimal":
		return kwDecimal
	case "declare":
		return kwDeclare
	case "default":
		return kwDefault
	case "defaults":
		return kwDefaults
	case "deferrable":
		return kwDeferrable
	case "deferred":
		return kwDeferred
	case "definer":
		return kwDefiner
	case "delete":
		return kwDelete
	case "delimiter":
		return kwDelimiter
	case "delimiters":
		return kwDelimiters
	case "depends":
		return kwDepends
	case "depth":
		return kwDepth
	case "desc":
		return kwDesc
	case "detach":
		return kwDetach
	case "dictionary":
		return kwDictionary
	case "disable":
		return kwDisable
	case "discard":
		return kwDiscard
	case "distinct":
		return kwDistinct
	case "do":
		return kwDo
	case "document":
		return kwDocument
	case "domain":
		return kwDomain
	case "double":
		return kwDouble
	case "drop":
		return kwDrop
	case "each":
		return kwEach
	case "else":
		return kwElse
	case "enable":
		return kwEnable
	case "encoding":
		return kwEncoding
	case "encrypted":
		return kwEncrypted
	case "end":
		return kwEnd
	case "enum":
		return kwEnum
	case "escape":
		return kwEscape
	case "event":
		return kwEvent
	case "except":
		return kwExcept
	case "exclude":
		return kwExclude
	case "excluding":
		return kwExcluding
	case "exclusive":
		return kwExclusive
	case "execute":
		return kwExecute
	case "exists":
		return kwExists
	case "explain":
		return kwExplain
	case "expression":
		return kwExpression
	case "extension":
		return kwExtension
	case "external":
		return kwExternal
	case "extract":
		return kwExtract
	case "false":
		return kwFalse
	case "family":
		return kwFamily
	case "fetch":
		return kwFetch
	case "filter":
		return kwFilter
	case "finalize":
		return kwFinalize
	case "first":
		return kwFirst
	case "float":
		return kwFloat
	case "following":
		return kwFollowing
	case "for":
		return kwFor
	case "force":
		return kwForce
	case "foreign":
		return kwForeign
	case "format":
		return kwFormat
	case "forward":
		return kwForward
	case "freeze":
		return kwFreeze
	case "from":
		return kwFrom
	case "full":
		return kwFull
	case "function":
		return kwFunction
	case "functions":
		return kwFunctions
	case "generated":
		return kwGenerated
	case "global":
		return kwGlobal
	case "grant":
		return kwGrant
	case "granted":
		return kwGranted
	case "greatest":
		return kwGreatest
	case "group":
		return kwGroup
	case "grouping":
		return kwGrouping
	case "groups":
		return kwGroups
	case "handler":
		return kwHandler
	case "having":
		return kwHaving
	case "header":
		return kwHeader
	case "hold":
		return kwHold
	case "hour":
		return kwHour
	case "iam":
		return kwIam
	case "identity":
		return kwIdentity
	case "if":
		return kwIf
	case "ilike":
		return kwIlike
	case "immediate":
		return kwImmediate
	case "immutable":
		return kwImmutable
	case "implicit":
		return kwImplicit
	case "import":
		return kwImport
	case "in":
		return kwIn
	case "include":
		return kwInclude
	case "including":
		return kwIncluding
	case "increment":
		return kwIncrement
	case "indent":
		return kwIndent
	case "index":
		return kwIndex
	case "indexes":
		return kwIndexes
	case "inherit":
		return kwInherit
	case "inherits":
		return kwInherits
	case "initially":
		return kwInitially
	case "inline":
		return kwInline
	case "inner":
		return kwInner
	case "inout":
		return kwInout
	case "input":
		return kwInput
	case "insensitive":
		return kwInsensitive
	case "insert":
		return kwInsert
	case "instead":
		return kwInstead
	case "int":
		return kwInt
	case "integer":
		return kwInteger
	case "intersect":
		return kwIntersect
	case "interval":
		return kwInterval
	case "into":
		return kwInto
	case "invoker":
		return kwInvoker
	case "is":
		return kwIs
	case "isnull":
		return kwIsnull
	case "isolation":
		return kwIsolation
	case "join":
		return kwJoin
	case "json":
		return kwJson
	case "json_array":
		return kwJsonArray
	case "json_arrayagg":
		return kwJsonArrayagg
	case "json_object":
		return kwJsonObject
	case "json_objectagg":
		return kwJsonObjectagg
	case "key":
		return kwKey
	case "keys":
		return kwKeys
	case "label":
		return kwLabel
	case "language":
		return kwLanguage
	case "large":
		return kwLarge
	case "last":
		return kwLast
	case "lateral":
		return kwLateral
	case "leading":
		return kwLeading
	case "leakproof":
		return kwLeakproof
	case "least":
		return kwLeast
	case "left":
		return kwLeft
	case "level":
		return kwLevel
	case "like":
		return kwLike
	case "limit":
		return kwLimit
	case "listen":
		return kwListen
	case "load":
		return kwLoad
	case "local":
		return kwLocal
	case "localtime":
		return kwLocaltime
	case "localtimestamp":
		return kwLocaltimestamp
	case "location":
		return kwLocation
	case "lock":
		return kwLock
	case "locked":
		return kwLocked
	case "logged":
		return kwLogged
	case "mapping":
		return kwMapping
	case "match":
		return kwMatch
	case "matched":
		return kwMatched
	case "materialized":
		return kwMaterialized
	case "maxvalue":
		return kwMaxvalue
	case "merge":
		return kwMerge
	case "method":
		return kwMethod
	case "minute":
		return kwMinute
	case "minvalue":
		return kwMinvalue
	case "mode":
		return kwMode
	case "month":
		return kwMonth
	case "move":
		return kwMove
	case "name":
		return kwName
	case "names":
		return kwNames
	case "national":
		return kwNational
	case "natural":
		return kwNatural
	case "nchar":
		return kwNchar
	case "new":
		return kwNew
	case "next":
		return kwNext
	case "nfc":
		return kwNfc
	case "nfd":
		return kwNfd
	case "nfkc":
		return kwNfkc
	case "nfkd":
		return kwNfkd
	case "no":
		return kwNo
	case "none":
		return kwNone
	case "normalize":
		return kwNormalize
	case "normalized":
		return kwNormalized
	case "not":
		return kwNot
	case "nothing":
		return kwNothing
	case "notify":
		return kwNotify
	case "notnull":
		return kwNotnull
	case "nowait":
		return kwNowait
	case "null":
		return kwNull
	case "nullif":
		return kwNullif
	case "nulls":
		return kwNulls
	case "numeric":
		return kwNumeric
	case "object":
		return kwObject
	case "of":
		return kwOf
	case "off":
		return kwOff
	case "offset":
		return kwOffset
	case "oids":
		return kwOids
	case "old":
		return kwOld
	case "on":
		return kwOn
	case "only":
		return kwOnly
	case "operator":
		return kwOperator
	case "option":
		return kwOption
	case "options":
		return kwOptions
	case "or":
		return kwOr
	case "order":
		return kwOrder
	case "ordinality":
		return kwOrdinality
	case "others":
		return kwOthers
	case "out":
		return kwOut
	case "outer":
		return kwOuter
	case "over":
		return kwOver
	case "overlaps":
		return kwOverlaps
	case "overlay":
		return kwOverlay
	case "overriding":
		return kwOverriding
	case "owned":
		return kwOwned
	case "owner":
		return kwOwner
	case "parallel":
		return kwParallel
	case "parameter":
		return kwParameter
	case "parser":
		return kwParser
	case "partial":
		return kwPartial
	case "partition":
		return kwPartition
	case "passing":
		return kwPassing
	case "password":
		return kwPassword
	case "placing":
		return kwPlacing
	case "plans":
		return kwPlans
	case "policy":
		return kwPolicy
	case "position":
		return kwPosition
	case "preceding":
		return kwPreceding
	case "precision":
		return kwPrecision
	case "prepare":
		return kwPrepare
	case "prepared":
		return kwPrepared
	case "preserve":
		return kwPreserve
	case "primary":
		return kwPrimary
	case "prior":
		return kwPrior
	case "privileges":
		return kwPrivileges
	case "procedural":
		return kwProcedural
	case "procedure":
		return kwProcedure
	case "procedures":
		return kwProcedures
	case "program":
		return kwProgram
	case "publication":
		return kwPublication
	case "quote":
		return kwQuote
	case "range":
		return kwRange
	case "read":
		return kwRead
	case "real":
		return kwReal
	case "reassign":
		return kwReassign
	case "recheck":
		return kwRecheck
	case "recursive":
		return kwRecursive
	case "ref":
		return kwRef
	case "references":
		return kwReferences
	case "referencing":
		return kwReferencing
	case "refresh":
		return kwRefresh
	case "reindex":
		return kwReindex
	case "relative":
		return kwRelative
	case "release":
		return kwRelease
	case "rename":
		return kwRename
	case "repeatable":
		return kwRepeatable
	case "replace":
		return kwReplace
	case "replica":
		return kwReplica
	case "reset":
		return kwReset
	case "restart":
		return kwRestart
	case "restrict":
		return kwRestrict
	case "return":
		return kwReturn
	case "returning":
		return kwReturning
	case "returns":
		return kwReturns
	case "revoke":
		return kwRevoke
	case "right":
		return kwRight
	case "role":
		return kwRole
	case "rollback":
		return kwRollback
	case "rollup":
		return kwRollup
	case "routine":
		return kwRoutine
	case "routines":
		return kwRoutines
	case "row":
		return kwRow
	case "rows":
		return kwRows
	case "rule":
		return kwRule
	case "savepoint":
		return kwSavepoint
	case "scalar":
		return kwScalar
	case "schema":
		return kwSchema
	case "schemas":
		return kwSchemas
	case "scroll":
		return kwScroll
	case "search":
		return kwSearch
	case "second":
		return kwSecond
	case "security":
		return kwSecurity
	case "select":
		return kwSelect
	case "sequence":
		return kwSequence
	case "sequences":
		return kwSequences
	case "serializable":
		return kwSerializable
	case "server":
		return kwServer
	case "session":
		return kwSession
	case "session_user":
		return kwSessionUser
	case "set":
		return kwSet
	case "setof":
		return kwSetof
	case "sets":
		return kwSets
	case "share":
		return kwShare
	case "show":
		return kwShow
	case "similar":
		return kwSimilar
	case "simple":
		return kwSimple
	case "skip":
		return kwSkip
	case "smallint":
		return kwSmallint
	case "snapshot":
		return kwSnapshot
	case "some":
		return kwSome
	case "sql":
		return kwSql
	case "stable":
		return kwStable
	case "standalone":
		return kwStandalone
	case "start":
		return kwStart
	case "statement":
		return kwStatement
	case "statistics":
		return kwStatistics
	case "stdin":
		return kwStdin
	case "stdout":
		return kwStdout
	case "storage":
		return kwStorage
	case "stored":
		return kwStored
	case "strict":
		return kwStrict
	case "strip":
		return kwStrip
	case "subscription":
		return kwSubscription
	case "substring":
		return kwSubstring
	case "support":
		return kwSupport
	case "symmetric":
		return kwSymmetric
	case "sysid":
		return kwSysid
	case "system":
		return kwSystem
	case "system_user":
		return kwSystemUser
	case "table":
		return kwTable
	case "tables":
		return kwTables
	case "tablesample":
		return kwTablesample
	case "tablespace":
		return kwTablespace
	case "temp":
		return kwTemp
	case "template":
		return kwTemplate
	case "temporary":
		return kwTemporary
	case "text":
		return kwText
	case "then":
		return kwThen
	case "ties":
		return kwTies
	case "time":
		return kwTime
	case "timestamp":
		return kwTimestamp
	case "to":
		return kwTo
	case "trailing":
		return kwTrailing
	case "transaction":
		return kwTransaction
	case "transform":
		return kwTransform
	case "treat":
		return kwTreat
	case "trigger":
		return kwTrigger
	case "trim":
		return kwTrim
	case "true":
		return kwTrue
	case "truncate":
		return kwTruncate
	case "trusted":
		return kwTrusted
	case "type":
		return kwType
	case "types":
		return kwTypes
	case "uescape":
		return kwUescape
	case "unbounded":
		return kwUnbounded
	case "uncommitted":
		return kwUncommitted
	case "unencrypted":
		return kwUnencrypted
	case "union":
		return kwUnion
	case "unique":
		return kwUnique
	case "unknown":
		return kwUnknown
	case "unlisten":
		return kwUnlisten
	case "unlogged":
		return kwUnlogged
	case "until":
		return kwUntil
	case "update":
		return kwUpdate
	case "user":
		return kwUser
	case "using":
		return kwUsing
	case "vacuum":
		return kwVacuum
	case "valid":
		return kwValid
	case "validate":
		return kwValidate
	case "validator":
		return kwValidator
	case "value":
		return kwValue
	case "values":
		return kwValues
	case "varchar":
		return kwVarchar
	case "variadic":
		return kwVariadic
	case "varying":
		return kwVarying
	case "verbose":
		return kwVerbose
	case "version":
		return kwVersion
	case "view":
		return kwView
	case "views":
		return kwViews
	case "volatile":
		return kwVolatile
	case "when":
		return kwWhen
	case "where":
		return kwWhere
	case "whitespace":
		return kwWhitespace
	case "window":
		return kwWindow
	case "with":
		return kwWith
	case "within":
		return kwWithin
	case "without":
		return kwWithout
	case "work":
		return kwWork
	case "wrapper":
		return kwWrapper
	case "write":
		return kwWrite
	case "xml":
		return kwXml
	case "xmlattributes":
		return kwXmlattributes
	case "xmlconcat":
		return kwXmlconcat
	case "xmlelement":
		return kwXmlelement
	case "xmlexists":
		return kwXmlexists
	case "xmlforest":
		return kwXmlforest
	case "xmlnamespaces":
		return kwXmlnamespaces
	case "xmlparse":
		return kwXmlparse
	case "xmlpi":
		return kwXmlpi
	case "xmlroot":
		return kwXmlroot
	case "xmlserialize":
		return kwXmlserialize
	case "xmltable":
		return kwXmltable
	case "year":
		return kwYear
	case "yes":
		return kwYes
	case "zone":
		return kwZone
	}
	return tokIdent
}
